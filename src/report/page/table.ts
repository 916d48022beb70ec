import { type Html, html } from './html.js';

/**
 * A table that scrolls by itself where it is too wide.
 *
 * @param left how many of the first columns are words; the others are numbers
 * @param stacked whether on a narrow screen its rows become lines, `head: cell`, and it does not scroll
 */
export function table(
  caption: string,
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  left = 1,
  stacked = false,
): Html {
  const kind = (column: number) => (column < left ? 'word' : 'number');
  const head = heads.map((text, column) => html`<th scope="col" class="${kind(column)}">${text}</th>`);
  const cells = (row: readonly string[]) =>
    row.map((text, column) =>
      stacked
        ? html`<td class="${kind(column)}" data-head="${heads[column]}">${text}</td>`
        : html`<td class="${kind(column)}">${text}</td>`,
    );
  const body = rows.map(
    (row) => html`<tr>${cells(row)}</tr>
`,
  );
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table class="sortable${stacked ? ' stacked' : ''}">
<caption>${caption}</caption>
<thead><tr>${head}</tr></thead>
<tbody>${body}</tbody>
</table></div>
`;
}
