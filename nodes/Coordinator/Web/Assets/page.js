// Keeps the page live: asks for it every two seconds and exchanges the contents of what has changed. When the coordinator does not answer,
// what is shown stays, and the other coordinators of the same host are tried.
'use strict';
(() => {
  const every = 2000;
  const patience = 15000;
  const connection = document.getElementById('connection');
  const received = new Map();
  let failures = 0;
  let turn = 0;
  let timer = 0;

  const say = (state, text) => {
    if (connection.textContent !== text) {
      connection.textContent = text;
    }
    connection.dataset.state = state;
  };

  const localTimes = root => {
    const today = new Date().toDateString();
    for (const time of root.querySelectorAll('time[datetime]')) {
      const at = new Date(time.dateTime);
      time.title = time.textContent;
      time.textContent = at.toDateString() === today ? at.toLocaleTimeString() : at.toLocaleString();
    }
  };

  // Where the reader was: an open list, a scrolled table, a focused button.
  const exchange = (old, fresh) => {
    const open = [...old.querySelectorAll('details[open]')].map(d => d.id);
    const scrolled = [...old.querySelectorAll('.scroll')].map(s => [s.scrollLeft, s.scrollTop]);
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    const place = focused && (focused.id ? `#${CSS.escape(focused.id)}` : focused.getAttribute('href') && `a[href="${CSS.escape(focused.getAttribute('href'))}"]`);
    old.replaceChildren(...fresh.childNodes);
    localTimes(old);
    open.forEach(id => { const d = id && document.getElementById(id); if (d) { d.open = true; } });
    old.querySelectorAll('.scroll').forEach((s, i) => { [s.scrollLeft, s.scrollTop] = scrolled[i] ?? [0, 0]; });
    if (place) {
      old.querySelector(place)?.focus({ preventScroll: true });
    }
  };

  const take = text => {
    const fresh = new DOMParser().parseFromString(text, 'text/html');
    const ids = doc => [...doc.querySelectorAll('[data-live]')].map(e => e.id).join();
    if (ids(fresh) !== ids(document)) {
      location.reload();
      return;
    }
    document.title = fresh.title;
    for (const part of fresh.querySelectorAll('[data-live]')) {
      const html = part.innerHTML;
      if (received.get(part.id) !== html) {
        received.set(part.id, html);
        exchange(document.getElementById(part.id), part);
      }
    }
  };

  const others = () => [...document.querySelectorAll('a[data-other]')].map(a => a.href).filter(url => {
    const other = new URL(url);
    return other.hostname === location.hostname && other.protocol === location.protocol && other.origin !== location.origin;
  }).map(url => new URL(url).origin);

  // One of them a turn; the cookie is the host's, so it opens the others' pages too.
  const tryAnother = async () => {
    const all = others();
    if (all.length === 0) {
      return;
    }
    const origin = all[turn++ % all.length];
    try {
      await fetch(`${origin}/page/alive`, { mode: 'no-cors', credentials: 'include', cache: 'no-store', signal: AbortSignal.timeout(3000) });
    } catch {
      return;
    }
    location.replace(origin + location.pathname + location.search);
  };

  const look = async () => {
    clearTimeout(timer);
    try {
      const response = await fetch(location.pathname + location.search, { signal: AbortSignal.timeout(patience) });
      if (response.status === 401) {
        say('away', 'this page needs the token again: open the link that `ism serve` printed');
        return;
      }
      if (response.status === 429 || response.status >= 500) {
        throw new Error(`answered ${response.status}`);
      }
      if (response.ok) {
        take(await response.text());
      }
      failures = 0;
      say('live', 'live');
    } catch {
      failures++;
      if (failures > 1) {
        say('away', 'this coordinator does not answer; what is shown is the last known, trying again');
        await tryAnother();
      }
    }
    schedule();
  };

  const schedule = () => {
    clearTimeout(timer);
    if (!document.hidden) {
      timer = setTimeout(look, every);
    }
  };

  const command = async button => {
    const answer = document.getElementById('answer');
    if (button.dataset.confirm && !window.confirm(button.dataset.confirm)) {
      return;
    }
    const job = button.closest('[data-job]').dataset.job;
    const name = button.dataset.command;
    button.disabled = true;
    answer.dataset.done = 'true';
    answer.textContent = `${name}: asked …`;
    try {
      const response = await fetch(`/api/v1/jobs/${encodeURIComponent(job)}/${name}`, { method: 'POST', headers: { 'X-Ism-User': 'the web page' } });
      const body = await response.json();
      answer.textContent = body.message ?? body.detail ?? `${name}: ${response.status}`;
      answer.dataset.done = String(response.ok && body.done !== false);
    } catch {
      answer.textContent = `${name}: the coordinator did not answer; look whether it was done before trying again`;
      answer.dataset.done = 'false';
    }
    received.delete('job-live');
    await look();
  };

  document.addEventListener('click', event => {
    const button = event.target.closest?.('button[data-command]');
    if (button && !button.disabled) {
      command(button);
    }
  });
  document.addEventListener('visibilitychange', () => document.hidden ? clearTimeout(timer) : look());
  localTimes(document);
  say('live', 'live');
  look();
})();
