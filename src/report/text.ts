import Table from 'cli-table3';

/** Columns of a table's frame: one before each cell and one after the last, a space on both sides of each cell. */
const frameWidth = (columns: number): number => 3 * columns + 1;

const longest = (texts: readonly string[], at: RegExp): number =>
  Math.max(0, ...texts.flatMap((text) => text.split(at)).map((piece) => piece.length));

/**
 * A table for a terminal, framed, a line under its head, without colour. A first cell like the one above it is left
 * blank. Where it would be too wide, the widest cells are broken between words; where that is not enough, each row
 * becomes lines of its own, `head: cell`.
 *
 * @param rows each as long as `head`
 * @param left how many of the first columns are aligned left; the others are numbers, and aligned right
 * @param width columns of the terminal
 */
export function textTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  left: number,
  width = Number.POSITIVE_INFINITY,
): string {
  const widths = fittingWidths([head, ...rows], width - frameWidth(head.length));
  if (widths === undefined) return rows.map((row) => record(head, row, width)).join('\n\n');
  const broken = (cells: readonly string[]) =>
    cells.map((cell, column) =>
      cell
        .split('\n')
        .map((line) => wrap(line, widths[column]))
        .join('\n'),
    );
  const made = new Table({
    head: broken(head),
    colAligns: head.map((_, column) => (column < left ? 'left' : 'right')),
    style: { head: [], border: [], compact: true },
  });
  const seen = rows.map(([first, ...others], row) => [first === rows[row - 1]?.[0] ? '' : first, ...others]);
  made.push(...seen.map(broken));
  return made.toString();
}

/** Each column's width, so that all take up `room` at most; undefined if some word would have to be broken. */
function fittingWidths(rows: readonly (readonly string[])[], room: number): number[] | undefined {
  const columns = rows[0].map((_, column) => rows.map((row) => row[column]));
  const widths = columns.map((cells) => longest(cells, /\n/));
  const least = columns.map((cells) => longest(cells, /[ \n]/));
  const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
  if (sum(least) > room) return undefined;
  while (sum(widths) > room) {
    const widest = Math.max(...widths.filter((each, column) => each > least[column]));
    widths[widths.findIndex((each, column) => each === widest && each > least[column])]--;
  }
  return widths;
}

/** A row on lines of its own, where there is no room for columns. */
function record(head: readonly string[], row: readonly string[], width: number): string {
  const lines = row.map((cell, column) => (head[column] === '' ? cell : `${head[column]}: ${cell}`));
  return lines.map((line) => wrap(line.replaceAll('\n', ' '), width)).join('\n');
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

/** The sentences of a text: none ends at the point of a number. */
export const sentencesOf = (text: string): string[] => text.split(/(?<=\.) (?=[A-Z])/);

/** Parts of a text one below the other: sentences broken to fit, what has lines of its own (a table) as it is. */
export const paragraphs = (parts: readonly string[], width: number): string =>
  parts.map((part) => (part.includes('\n') ? part : wrap(part, width))).join('\n\n');
