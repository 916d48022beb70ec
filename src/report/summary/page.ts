/** `summary.html`: the whole summary in one file, which needs no script and no network. */
import { wholePage } from '../page/document.js';
import { type Html, html } from '../page/html.js';
import { table } from '../page/table.js';
import type { Group, Summary } from './summary.js';
import { summaryTables } from './tables.js';

/** A figure of a group, or of several, as it was drawn. */
export interface DrawnFigure {
  readonly group: Group | undefined;
  readonly title: string;
  /** SVG. */
  readonly svg: string;
}

export function summaryPage(
  summary: Summary,
  figures: readonly DrawnFigure[],
  heading: (group: Group) => string,
): string {
  const title = `Summary of ${summary.groups.reduce((sum, { runs }) => sum + runs.length, 0)} runs`;
  const groups = summary.groups.map((group) => {
    const own = figures.filter((each) => each.group === group);
    return html`<section><h2>${heading(group)}</h2>${own.map(figure)}</section>
`;
  });
  const ofSeveral = figures.filter(({ group }) => group === undefined);
  const notes = summary.notes.map((note) => html`<li>${note}</li>`);
  return wholePage(
    title,
    html`<h1>${title}</h1>
${summaryTables(summary).map(
  ({ title, head, rows, left }) => html`<section>${table(title, head, rows, left)}</section>
`,
)}${
  ofSeveral.length > 0
    ? html`<section><h2>By depth</h2>${ofSeveral.map(figure)}</section>
`
    : undefined
}${groups}${notes.length > 0 ? html`<section><h2>Notes</h2><ul>${notes}</ul></section>` : undefined}`,
  );
}

/** As a picture of its own: what the drawings name inside themselves would else be the same in several. */
const figure = ({ title, svg }: DrawnFigure): Html =>
  html`<figure><img alt="${title}" src="data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}"></figure>`;
