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

/** Breaks at spaces (not at no-break spaces) so that no line is wider than `width`, but for a longer word. */
export function wrap(text: string, width: number): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join('\n');
}
