/** The style of every page: light, dark and print. Figures stay on white, as their colours are chosen for it. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1a1a1a; --soft: #555; --page: #fff; --line: #ccc; --bad: #a81800 }
@media (prefers-color-scheme: dark) { :root { --ink: #eee; --soft: #b5b5b5; --page: #161616; --line: #555; --bad: #ff9d85 } }
body { font: 16px/1.5 Inter, Helvetica, Arial, sans-serif; color: var(--ink); background: var(--page); margin: 0 }
main { max-width: 70rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere }
h1, h2 { line-height: 1.2 }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: 1rem 0; font-size: .875rem; overflow-wrap: normal }
caption, figcaption, summary { text-align: left; font-weight: 600; padding: .4rem 0 }
summary { cursor: pointer }
th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top }
th button { font: inherit; color: inherit; background: none; border: 0; padding: 0; text-align: inherit; cursor: pointer }
th[aria-sort] button::after { content: " ↑" } th[aria-sort=descending] button::after { content: " ↓" }
.word:last-child { min-width: 14rem } .number { text-align: right } td.number { white-space: nowrap }
.scroll, pre { overflow-x: auto }
.soft { color: var(--soft) }
.fooled { color: var(--bad); font-weight: 600 }
figure { margin: 1rem 0 } figure .scroll { background: #fff; color: #1a1a1a }
figure > img { max-width: 100%; height: auto; background: #fff }
pre { font-size: .8rem }
.gallery td { white-space: nowrap } .gallery td div { white-space: normal; min-width: 8.5rem; overflow-wrap: anywhere }
.gallery img { width: 4rem; height: 4rem; object-fit: contain; image-rendering: pixelated; margin-right: .2rem }
.slider { display: flex; flex-wrap: wrap; gap: .6rem; align-items: center } .slider input { flex: 0 1 16rem; min-width: 0 }
@media (max-width: 40rem) {
  h1 { font-size: 1.5rem } h2 { margin: 1.2rem 0 .4rem } figure svg { width: 34rem; height: auto }
  caption { position: sticky; left: 0; max-width: calc(100vw - 2rem) }
  .stacked thead { display: none } .stacked, .stacked caption, .stacked tbody, .stacked tr, .stacked td { display: block; border: 0 } .stacked td { padding: 0 }
  .stacked tr { padding: .4rem 0; border-bottom: 1px solid var(--line) } .stacked td::before { content: attr(data-head) ": "; color: var(--soft) }
  .gallery img { width: 3rem; height: 3rem } .gallery td { padding: .25rem .4rem .25rem 0 }
}
@media print {
  :root { color-scheme: light; --ink: #000; --soft: #333; --page: #fff; --line: #aaa; --bad: #a81800 }
  details::details-content { display: block; content-visibility: visible; height: auto }
  details.epsilon[hidden] { display: block }
  .scroll, pre { overflow: visible; white-space: pre-wrap } .slider { display: none }
  main { max-width: none; padding: 0 } table { font-size: 7.5pt } figure, tr { break-inside: avoid } h2, caption, figcaption, summary { break-after: avoid }
  pre { columns: 3; font-size: 7pt } svg { max-width: 100%; height: auto } .gallery img { width: 2.2rem; height: 2.2rem }
}
`;
