import { type Html, html } from './html.js';

/**
 * A table that scrolls by itself where it is too wide.
 *
 * @param left how many of the first columns are words; the others are numbers
 */
export function table(caption: string, heads: readonly string[], rows: readonly (readonly string[])[], left = 1): Html {
  const kind = (column: number) => (column < left ? 'word' : 'number');
  const head = heads.map((text, column) => html`<th scope="col" class="${kind(column)}">${text}</th>`);
  const body = rows.map(
    (row) => html`<tr>${row.map((text, column) => html`<td class="${kind(column)}">${text}</td>`)}</tr>
`,
  );
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table class="sortable">
<caption>${caption}</caption>
<thead><tr>${head}</tr></thead>
<tbody>${body}</tbody>
</table></div>
`;
}
