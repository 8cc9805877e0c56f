"""How the report looks, on a screen (light and dark) and on paper. Nothing else."""

STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #566072; --line: #d8dde6; --leaf: #fff;
  --ground: #f4f6f9; --accent: #0b5c6b; --held: #17663a; --broken: #a3201c; --open: #5b4a00;
  --held-wash: #e7f4ec; --broken-wash: #fdeceb; --open-wash: #f7f1da; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7ebf2; --soft: #a3adbd; --line: #333d4d;
  --leaf: #161c26; --ground: #0e131b; --accent: #6fc3d3; --held: #7fd6a2; --broken: #ff9b94;
  --open: #e6cf7a; --held-wash: #12301f; --broken-wash: #3b1716; --open-wash: #2f2a12; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 1rem/1.55 system-ui, sans-serif; }
main { max-width: 58rem; margin: 0 auto; padding: 2.5rem 1.5rem 3rem; background: var(--leaf); }
h1 { font-size: 1.9rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.3rem; margin: 2.5rem 0 .75rem; color: var(--accent); }
h3 { font-size: 1.05rem; margin: 1.25rem 0 .25rem; }
p { margin: .35rem 0; }
.soft { color: var(--soft); font-size: .9rem; }
.summary { border: 1px solid var(--line); border-left: .4rem solid var(--open);
  border-radius: .4rem; padding: 1rem 1.25rem; margin-top: 1.25rem; }
.summary h2 { margin: 0 0 .5rem; color: inherit; }
.summary.held { border-left-color: var(--held); }
.summary.broken { border-left-color: var(--broken); }
.tiles { list-style: none; display: flex; flex-wrap: wrap; gap: .75rem; padding: 0;
  margin: .5rem 0; }
.tiles li { flex: 1 1 8rem; border-radius: .4rem; padding: .6rem .9rem; }
.tiles strong { display: block; font-size: 1.8rem; line-height: 1.2; }
.tiles .held, .badge.held { background: var(--held-wash); color: var(--held); }
.tiles .broken, .badge.broken { background: var(--broken-wash); color: var(--broken); }
.tiles .not-checked, .badge.not-checked { background: var(--open-wash); color: var(--open); }
article { border-top: 1px solid var(--line); padding: .75rem 0; }
article h3 { margin: 0 0 .25rem; }
article ul { margin: .35rem 0; padding-left: 1.25rem; }
article li { overflow-wrap: anywhere; }
.badge { display: inline-block; border-radius: .3rem; padding: 0 .45rem; font-size: .85rem;
  font-weight: 600; white-space: nowrap; }
div.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .75rem .4rem 0;
  border-bottom: 1px solid var(--line); overflow-wrap: break-word; }
.promises { table-layout: fixed; min-width: 32rem; }
.promises th:first-child { width: 8rem; }
.promises th:last-child { width: 28%; }
code { font-size: .92em; overflow-wrap: anywhere; }
thead th { color: var(--soft); font-weight: 600; }
tbody th { font-weight: 600; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
a { color: var(--accent); }
footer { border-top: 1px solid var(--line); margin-top: 2.5rem; padding-top: .5rem; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
@media print {
  :root { color-scheme: light; --ink: #000; --soft: #444; --line: #bbb; --leaf: #fff;
    --ground: #fff; --accent: #000; --held: #17663a; --broken: #a3201c; --open: #5b4a00;
    --held-wash: #fff; --broken-wash: #fff; --open-wash: #fff; }
  body { font-size: 10pt; }
  main { max-width: none; padding: 0; }
  h2, h3 { break-after: avoid; }
  article, tr, .summary { break-inside: avoid; }
  .badge, .tiles li { border: 1px solid currentColor; }
  div.wide { overflow: visible; }
  .promises { min-width: 0; }
  a { text-decoration: none; }
}
"""
