"""How the page looks: on a screen, on a phone, in the dark, and on paper."""

STYLE = """
:root { --ink: #1c2127; --soft: #626a73; --faint: #dcdfe3; --paper: #fefefe; --tint: #f3f5f7;
  --best: #cfe3f2; --alike: #eef5fa; --good: 0, 114, 178; --bad: 213, 94, 0; color-scheme: light; }
@media (prefers-color-scheme: dark) { @media screen { :root { --ink: #e4e7eb; --soft: #9aa3ad; --faint: #363c44;
  --paper: #16191d; --tint: #1f242a; --best: #134263; --alike: #1a2c3a; --good: 52, 148, 208; --bad: 226, 113, 29;
  color-scheme: dark; } } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1140px; margin: 0 auto; padding: 2.5rem 1.5rem 4rem; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 .75rem; letter-spacing: -.015em; text-wrap: balance; }
h2 { font-size: 1.3rem; line-height: 1.3; margin: 3rem 0 .75rem; padding-top: 1.25rem;
  border-top: 1px solid var(--faint); }
h3 { font-size: 1rem; margin: 1.75rem 0 .5rem; }
p { margin: 0 0 .75rem; max-width: 46rem; overflow-wrap: anywhere; }
a { color: inherit; text-decoration-color: var(--soft); text-underline-offset: .2em; }
.lead { font-size: 1.15rem; }
.note, caption, figcaption, nav, dt { color: var(--soft); font-size: .875rem; }
.note { margin-top: .5rem; }
nav { margin: 1.25rem 0 0; }
nav a { display: inline-block; margin-right: 1.1rem; }
.scroll { overflow-x: auto; margin: 0 0 .5rem; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: .4rem; }
th, td { padding: .4rem .9rem .4rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--faint); }
thead th { font-weight: 600; color: var(--soft); font-size: .8rem; vertical-align: bottom;
  border-bottom-color: var(--soft); }
thead .number { white-space: normal; max-width: 6.5rem; }
tbody th { font-weight: 500; white-space: nowrap; padding-right: 1.25rem; }
th:first-child { position: sticky; left: 0; background: var(--paper); z-index: 1; }
.number { text-align: right; white-space: nowrap; padding: .4rem .55rem; }
.text { min-width: 14rem; overflow-wrap: anywhere; }
.accuracy b, .accuracy i { font-size: 1.05rem; font-style: normal; }
.accuracy i { font-weight: 400; }
.accuracy small { display: block; color: var(--soft); font-size: .75rem; line-height: 1.35; }
.accuracy.best { background: var(--best); }
.accuracy.alike { background: var(--alike); }
.mark { display: inline-block; width: .8em; text-align: left; color: var(--soft); }
.key { display: inline-block; padding: 0 .35em; border-radius: 2px; }
.key.best { background: var(--best); color: var(--ink); font-weight: 700; }
.key.alike { background: var(--alike); color: var(--ink); }
.head::before { content: ""; display: inline-block; width: .6em; height: .6em; margin-right: .5em; border-radius: 50%;
  background: var(--colour); }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 480px), 1fr)); gap: 2rem 2.5rem;
  margin: 1.75rem 0 1.5rem; }
h2 + .charts { margin-top: 1rem; }
.charts h3 { margin-top: 0; }
.charts table th, .charts table td { padding-top: .25rem; padding-bottom: .25rem; }
.charts .wide { grid-column: 1 / -1; }
figure { margin: 0; min-width: 0; break-inside: avoid; }
figure h3 { margin: 0 0 .35rem; overflow-wrap: anywhere; }
figure svg { display: block; width: 100%; height: auto; }
figcaption { margin-top: .25rem; max-width: 40rem; }
.dense { font-size: .82rem; }
.dense th, .dense td { padding: .35rem .4rem; }
.dense tbody th, .dense thead th:first-child { padding-left: 0; }
.pairs td { text-align: right; white-space: nowrap; padding: .3rem .5rem; font-size: .8rem; line-height: 1.25; }
.pairs td small { display: block; color: var(--soft); }
.pairs td.self { background: var(--tint); }
.pairs thead th { text-align: right; padding: .4rem .5rem; max-width: none; white-space: nowrap; }
.many thead span { writing-mode: vertical-rl; transform: rotate(180deg); white-space: nowrap; }
.many td { padding: .25rem .3rem; font-size: .72rem; }
.pairs thead th:first-child { text-align: left; padding-left: 0; }
details { margin: 0 0 .75rem; }
summary { cursor: pointer; color: var(--soft); font-size: .9rem; margin-bottom: .5rem; }
.sample { margin: 0 0 2rem; break-inside: avoid; }
.sample h3 { overflow-wrap: anywhere; }
.sample h3 small { font-weight: 400; color: var(--soft); margin-left: .6em; }
.strip { display: grid; grid-template-columns: 13rem minmax(34rem, 1fr) 11rem; gap: .3rem .9rem; align-items: center;
  min-width: 61rem; font-size: .8rem; font-variant-numeric: tabular-nums; }
.strip .name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-size: .85rem; }
.cells { display: grid; grid-auto-flow: column; grid-auto-columns: minmax(0, 7rem); gap: 2px; }
.cells img { width: 100%; display: block; image-rendering: pixelated; }
.cells span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; text-align: center; padding: .15rem .1rem;
  font-size: .72rem; line-height: 1.25; background: rgba(var(--tone), calc(.08 + .55 * var(--p))); }
.right { --tone: var(--good); }
.wrong { --tone: var(--bad); }
.answer { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.answer small { color: var(--soft); }
.answer.right::before { content: "\\2713\\00a0"; color: rgb(var(--good)); font-weight: 700; }
.answer.wrong::before { content: "\\2717\\00a0"; color: rgb(var(--bad)); font-weight: 700; }
ul { margin: 0 0 .75rem; padding-left: 1.2rem; max-width: 46rem; font-size: .9rem; }
dl { display: grid; grid-template-columns: minmax(8rem, max-content) minmax(0, 1fr); gap: .3rem 1.5rem;
  margin: 0 0 1rem; font-size: .9rem; }
dd { margin: 0; overflow-wrap: anywhere; }
code { font: .92em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
@media (max-width: 640px) { main { padding: 1.5rem 1rem 3rem; } h1 { font-size: 1.6rem; }
  tbody th { white-space: normal; min-width: 7.5rem; overflow-wrap: anywhere; }
  dl { grid-template-columns: minmax(0, 1fr); gap: 0; } dd { margin-bottom: .5rem; } }
@media print { main { max-width: none; padding: 0; } nav { display: none; } body { font-size: 10pt; }
  .scroll { overflow: visible; } tr, figure, .sample { break-inside: avoid; } h2, h3 { break-after: avoid; }
  .charts { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 1.5rem; }
  table { font-size: 7.5pt; } thead th { font-size: 7pt; } .number, .pairs td { padding: .2rem; }
  .accuracy b, .accuracy i { font-size: 9pt; } .accuracy small { font-size: 6.5pt; } .text { min-width: 0; }
  tbody th { padding-right: .3rem; } .many td { font-size: 5pt; padding: .1rem; }
  .strip { min-width: 0; grid-template-columns: 6rem minmax(0, 1fr) 8rem; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
"""
