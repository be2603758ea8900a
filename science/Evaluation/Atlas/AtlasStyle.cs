namespace Ism.Evaluation.Atlas;

/// <summary>What the atlas's page needs beside the reports' style sheet.</summary>
internal static class AtlasStyle
{
    /// <summary>Style rules.</summary>
    public static readonly string Css = """
        :root { --eC: #8d949e; --eH: #dfe3e8; --eN: #3558e0; --eO: #dc3a2c; --eS: #d3a600; --eP: #f07d12; --eX: #13a06b;
          --rim: #3d4652; --bond: #6d7682; }
        @media (prefers-color-scheme: dark) { :root { --eC: #9aa3b0; --eH: #e8ecf2; --eN: #6f8dff; --eO: #ff6a5a; --eS: #f0c93a;
          --eP: #ffa14d; --eX: #3fd39a; --rim: #0a0d12; --bond: #7d8896; } }
        a { color: var(--c0); } .card b.mark { color: var(--mark); }
        .sw { display: inline-block; width: .8em; height: .8em; border-radius: 3px; margin-right: .45em; vertical-align: -.04em; }
        table.sortable th { padding: 0; } table.sortable th button { all: unset; cursor: pointer; padding: 6px 7px; display: block;
          box-sizing: border-box; width: 100%; }
        table.sortable th.n button { text-align: right; } table.sortable th button:focus-visible { outline: 2px solid var(--c0); }
        th[aria-sort=ascending] button::after { content: " ▲"; } th[aria-sort=descending] button::after { content: " ▼"; }
        table.sortable { font-size: .85rem; } table.sortable td { min-width: 0; white-space: nowrap; padding: 5px 7px; } table.sortable td:nth-child(2) { white-space: normal; min-width: 12em; }
        tr.excluded td { background: color-mix(in srgb, var(--mark) 11%, transparent); }
        .token { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 12px 14px; margin: 0 0 14px;
          content-visibility: auto; contain-intrinsic-size: auto 620px; scroll-margin-top: 8px; }
        .token.excluded { border: 2px solid var(--mark); } .token h3 { margin: 0 0 8px; font-size: 1.1rem; }
        .token h4 { margin: 0 0 2px; font-size: .85rem; color: var(--soft); font-weight: 600; }
        .badge { background: var(--mark); color: #fff; border-radius: 6px; padding: 1px 7px; font-size: .75rem; margin-left: 8px;
          white-space: nowrap; }
        .parts { display: grid; gap: 10px 22px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr)); }
        .token table { font-size: .8rem; } .token th, .token td { padding: 2px 4px; min-width: 0; white-space: nowrap; } .token .scroll { margin: 0; border: 0; }
        .stack { display: flex; height: 14px; border-radius: 4px; overflow: hidden; background: var(--rule); margin: 2px 0; gap: 1px; }
        .stack i { display: block; background: var(--c); } .stack + p, .token p.small { font-size: .78rem; color: var(--soft); margin: 0 0 8px; }
        .s0 { --c: #b4326e; } .s1 { --c: #e48ab3; } .s2 { --c: #7c1d4a; } .s3 { --c: #c9930a; } .s4 { --c: #ecce7c; }
        .s5 { --c: #2f8f8f; } .s6 { --c: #7cc3c0; } .s7 { --c: #a9b2bd; }
        .p0 { --c: #ef7a3d; } .p1 { --c: #f2cd32; } .p2 { --c: #5cbfe8; } .p3 { --c: #1f53c4; }
        .aa text { font: 600 9px system-ui, "DejaVu Sans", sans-serif; fill: var(--soft); text-anchor: middle; }
        .aa .usual { stroke: var(--text); stroke-width: 1.6; }
        .hydrophobic { fill: #c9930a; } .special { fill: #8a93a0; } .polar { fill: #2f9e74; } .positive { fill: #3f74d8; } .negative { fill: #d0463b; }
        .drawn { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(46%, 200px), 1fr)); gap: 8px; margin-top: 10px; }
        .drawn figure { padding: 4px; background: var(--page); } .drawn figcaption { font-weight: 400; font-size: .78rem; margin: 0; text-align: center;
          color: var(--soft); overflow-wrap: anywhere; }
        .legend.atoms i { width: 11px; height: 11px; border-radius: 50%; margin-bottom: -1px; } .legend i.k { background: var(--c); height: 9px; }
        svg .hot { fill: var(--mark); } code { font-size: .9em; overflow-wrap: anywhere; }
        @media (max-width: 520px) { .aa text { font-size: 9px; } .drawn { grid-template-columns: 1fr 1fr; } }

        """ + EnvironmentDrawing.Css();

    /// <summary>Sorts a table by the column whose title is pressed: numbers from the largest first, words from A.</summary>
    public const string Script = """
        for (const button of document.querySelectorAll("table.sortable th button")) button.addEventListener("click", () => {
          const th = button.parentElement, column = th.cellIndex, table = th.closest("table");
          const number = th.classList.contains("n"), before = th.getAttribute("aria-sort");
          const down = before ? before === "ascending" : number;
          for (const other of table.querySelectorAll("th")) other.removeAttribute("aria-sort");
          th.setAttribute("aria-sort", down ? "descending" : "ascending");
          const value = row => { const cell = row.cells[column]; return number ? parseFloat(cell.dataset.v) : cell.textContent; };
          const rows = [...table.tBodies[0].rows].sort((a, b) => {
            const x = value(a), y = value(b);
            if (number ? isNaN(x) || isNaN(y) : false) return isNaN(x) - isNaN(y);
            return (number ? x - y : x.localeCompare(y)) * (down ? -1 : 1);
          });
          table.tBodies[0].append(...rows);
        });
        """;
}
