/** Returns the range of some values: `0.71`, `0.71–0.83`, or `–` if there are no values. */
export function span(values, digits) {
  if (values.length === 0) return '–';
  const [least, most] = [Math.min(...values), Math.max(...values)].map((value) => value.toFixed(digits));
  return least === most ? least : `${least}–${most}`;
}

/** Returns a page's text with a script's table between its two marks, in the place of the old one. */
export function replaceTable(page, script, table) {
  const [begin, end] = [`<!-- table: npm run -s ${script} -->\n`, '<!-- end of table -->'];
  const [from, to] = [page.indexOf(begin) + begin.length, page.indexOf(end)];
  if (from < begin.length || to < from)
    throw new Error(
      `the page has no marks for the table of ${script}: add the two comments that this script looks for`,
    );
  return `${page.slice(0, from)}\n${table}\n\n${page.slice(to)}`;
}
