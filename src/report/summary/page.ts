/** `summary.html`: the whole summary in one file, which needs no script and no network. */
import type { Group, Summary } from './summary.js';
import { type SummaryTable, summaryTables } from './tables.js';

/** A figure of a group, as it was drawn. */
export interface DrawnFigure {
  readonly group: Group;
  readonly title: string;
  /** SVG. */
  readonly svg: string;
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

export function summaryPage(
  summary: Summary,
  figures: readonly DrawnFigure[],
  heading: (group: Group) => string,
): string {
  const parts = [
    ...summaryTables(summary).map(table),
    ...summary.groups.map((group) => {
      const own = figures.filter((each) => each.group === group);
      return `<section><h2>${escaped(heading(group))}</h2>${own.map(figure).join('')}</section>`;
    }),
    ...(summary.notes.length === 0
      ? []
      : [
          `<section><h2>Notes</h2><ul>${summary.notes.map((note) => `<li>${escaped(note)}</li>`).join('')}</ul></section>`,
        ]),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Summary of ${summary.groups.reduce((sum, { runs }) => sum + runs.length, 0)} runs</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Summary of ${summary.groups.reduce((sum, { runs }) => sum + runs.length, 0)} runs</h1>
${parts.join('\n')}
</main>
</body>
</html>
`;
}

function table({ title, head, rows, left }: SummaryTable): string {
  const cells = (row: readonly string[], tag: 'th' | 'td') =>
    row
      .map((cell, column) => {
        const scope = tag === 'th' ? ' scope="col"' : '';
        return `<${tag}${scope}${column < left ? '' : ' class="number"'}>${escaped(cell)}</${tag}>`;
      })
      .join('');
  const body = rows.map((row) => `<tr>${cells(row, 'td')}</tr>`).join('\n');
  return `<section><div class="scroll" tabindex="0" role="region" aria-label="${escaped(title)}"><table>
<caption>${escaped(title)}</caption>
<thead><tr>${cells(head, 'th')}</tr></thead>
<tbody>${body}</tbody>
</table></div></section>`;
}

/** As a picture of its own: what the drawings name inside themselves would else be the same in several. */
const figure = ({ title, svg }: DrawnFigure): string =>
  `<figure><img alt="${escaped(title)}" src="data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}"></figure>`;

const STYLE = `
body { font: 16px/1.5 Inter, Helvetica, Arial, sans-serif; color: #1a1a1a; background: #fff; margin: 0 }
main { max-width: 70rem; margin: 0 auto; padding: 1.5rem }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: 1rem 0 }
caption { text-align: left; font-weight: 600; padding-bottom: .4rem }
th, td { padding: .25rem .7rem; border-bottom: 1px solid #ddd; text-align: left; white-space: nowrap }
.number { text-align: right }
.scroll { overflow-x: auto }
figure { margin: 1rem 0 } figure img { max-width: 100%; height: auto }
`;
