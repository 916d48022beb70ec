/** `0.71`, or of several `0.71–0.83`; `–` of none. */
export function span(values, digits) {
  if (values.length === 0) return '–';
  const [least, most] = [Math.min(...values), Math.max(...values)].map((value) => value.toFixed(digits));
  return least === most ? least : `${least}–${most}`;
}

/** A page's text with the table that a script makes put between its two marks, in the place of the one there. */
export function replaceTable(page, script, table) {
  const [begin, end] = [`<!-- table: npm run -s ${script} -->\n`, '<!-- end of table -->'];
  const [from, to] = [page.indexOf(begin) + begin.length, page.indexOf(end)];
  if (from < begin.length || to < from) throw new Error(`the page has no place for the table of ${script}`);
  return `${page.slice(0, from)}\n${table}\n\n${page.slice(to)}`;
}
