import Table from 'cli-table3';

/**
 * A table for a terminal, framed, a line under its head, without colour.
 *
 * @param rows each as long as `head`
 * @param left how many of the first columns are aligned left; the others are numbers, and aligned right
 */
export function textTable(head: readonly string[], rows: readonly (readonly string[])[], left: number): string {
  const made = new Table({
    head: [...head],
    colAligns: head.map((_, column) => (column < left ? 'left' : 'right')),
    style: { head: [], border: [], compact: true },
  });
  made.push(...rows.map((row) => [...row]));
  return made.toString();
}
