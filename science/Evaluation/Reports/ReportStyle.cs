namespace Ism.Evaluation.Reports;

/// <summary>The report's style sheet: system fonts, light and dark, one column on a phone.</summary>
internal static class ReportStyle
{
    public const string Css = """
        :root { color-scheme: light dark; --text: #1c2430; --soft: #5b6676; --page: #f6f7f9; --card: #ffffff; --rule: #dfe3e8;
          --c0: #2563b8; --c1: #d9760b; --c2: #178a55; --c3: #a53fa8; --c4: #0d8b99; --c5: #7a6420; --mark: #cf2e3f; }
        @media (prefers-color-scheme: dark) { :root { --text: #e6e9ee; --soft: #9aa5b4; --page: #12161c; --card: #1b212a;
          --rule: #333c48;
          --c0: #6aa9f4; --c1: #f5a14b; --c2: #4fce90; --c3: #d98adc; --c4: #4fc9d6; --c5: #cdb35b; --mark: #ff6b78; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 1120px; padding: 20px 16px 60px; background: var(--page); color: var(--text);
          font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
        h1 { font-size: 1.6rem; line-height: 1.25; margin: 8px 0 4px; overflow-wrap: anywhere; }
        h2 { font-size: 1.2rem; margin: 36px 0 10px; } h3 { font-size: 1rem; margin: 20px 0 6px; }
        p { margin: 4px 0 10px; } .soft { color: var(--soft); }
        .cards, .plots { display: grid; gap: 12px; }
        .cards { grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); margin: 16px 0; }
        .plots { grid-template-columns: repeat(auto-fill, minmax(min(100%, 420px), 1fr)); }
        .card, figure { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 12px 14px;
          margin: 0; }
        .card b { display: block; font-size: 1.35rem; font-variant-numeric: tabular-nums; } .card span { color: var(--soft);
          font-size: .85rem; }
        figcaption { font-weight: 600; font-size: .95rem; margin-bottom: 6px; } svg { display: block; width: 100%; height: auto; }
        svg text { fill: var(--soft); font: 13px system-ui, "DejaVu Sans", sans-serif; } svg .label { fill: var(--text); }
        .grid { stroke: var(--rule); stroke-width: 1; } .axis { stroke: var(--soft); stroke-width: 1; }
        .line { fill: none; stroke: var(--c); stroke-width: 2; stroke-linejoin: round; } .thin { stroke-width: 1.4; }
        .level { fill: none; stroke: var(--c); stroke-width: 1.6; stroke-dasharray: 6 5; opacity: .85; }
          .dot, .bar { fill: var(--c); }
        .c0 { --c: var(--c0); } .c1 { --c: var(--c1); } .c2 { --c: var(--c2); } .c3 { --c: var(--c3); } .c4 { --c: var(--c4); }
        .c5 { --c: var(--c5); } .marked { --c: var(--mark); }
        .legend { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 16px; margin: 6px 0 0; padding: 0;
          font-size: .85rem; }
        .legend i { display: inline-block; width: 14px; height: 4px; border-radius: 2px; margin: 0 6px 3px 0;
          background: var(--c); }
        .legend i.dashed { background: repeating-linear-gradient(90deg, var(--c) 0 4px, transparent 4px 7px); }
        .scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--rule); border-radius: 10px;
          margin: 6px 0 14px; }
        table { border-collapse: collapse; width: 100%; font-size: .9rem; } th { text-align: left; color: var(--soft);
          font-weight: 600; }
        th, td { padding: 6px 12px; border-bottom: 1px solid var(--rule); vertical-align: top; }
          tr:last-child td { border-bottom: 0; }
        td { overflow-wrap: break-word; min-width: 8em; max-width: 40em; } td.n { min-width: 0; } .n { text-align: right;
          font-variant-numeric: tabular-nums; white-space: nowrap; }
        @media (max-width: 520px) { body { padding: 12px 10px 40px; } svg text { font-size: 17px; } th, td { padding: 6px 8px; } }
        details { margin: 8px 0; } summary { cursor: pointer; font-weight: 600; }
        """;
}
