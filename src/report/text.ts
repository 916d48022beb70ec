import Table from 'cli-table3';

/** A plain table, a line under its head; the columns after the first `left` are aligned right. */
export function textTable(head: readonly string[], rows: readonly (readonly string[])[], left: number): string {
  const made = new Table({
    head: [...head],
    colAligns: head.map((_, column) => (column < left ? 'left' : 'right')),
    style: { head: [], border: [], compact: true },
  });
  made.push(...rows.map((row) => [...row]));
  return made.toString();
}
