/** A summary for a terminal, as Markdown and as LaTeX. */
import { paragraphs, textTable } from '../text.js';
import type { Group, Summary } from './summary.js';
import { MOST_EPSILONS, type SummaryTable, settingsOf, summaryTables } from './tables.js';

/** For a terminal (or a file) of a given width. */
export function summaryText(summary: Summary, width: number): string {
  const tables = summaryTables(summary).map(
    ({ title, head, rows, left }) => `${title}\n${textTable(head, rows, left, width)}`,
  );
  return paragraphs([...tables, ...summary.notes], width);
}

/** The text of `summary.md`. */
export function summaryMarkdown(summary: Summary): string {
  const cell = (text: string) => text.replaceAll('|', '\\|');
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  const table = ({ title, head, rows, left }: SummaryTable) =>
    [
      `${title}\n`,
      line(head),
      line(head.map((_, column) => (column < left ? '---' : '---:'))),
      ...rows.map((row) => line(row)),
    ].join('\n');
  return `${[...summaryTables(summary).map(table), ...summary.notes].join('\n\n')}\n`;
}

/**
 * The text of `summary.tex`: a table for each, for a document that loads booktabs. Settings that are long have letters in
 * the tables, which the captions explain; of many epsilons as many are there as the width of a page has room for.
 */
export function summaryLatex(summary: Summary): string {
  const { groups } = summary;
  const short = groups.every((group) => settingsOf(group).length <= LONGEST_SETTING);
  const letterOf = (group: Group) => letters(groups.indexOf(group));
  const naming = short ? settingsOf : letterOf;
  const counts = Array.from({ length: MOST_EPSILONS - 1 }, (_, i) => MOST_EPSILONS - i);
  const sizes = counts.map((count) => summaryTables(summary, naming, count));
  const tables = sizes[0].map((_, i) => sizes.map((each) => each[i]).find(fitsPage) ?? sizes[sizes.length - 1][i]);
  const line = (cells: readonly string[]) => `    ${cells.map(latex).join(' & ')} \\\\`;
  const table = ({ title, head, rows, left }: SummaryTable) => {
    const used = groups.filter((group) => rows.some(([name]) => name.split(' less ').includes(letterOf(group))));
    const told = short ? [] : used.map((group) => `${letterOf(group)}: ${settingsOf(group)}.`);
    return [
      '\\begin{table}',
      '  \\centering\\footnotesize\\setlength{\\tabcolsep}{2.5pt}',
      `  \\caption{${latex([`${title}.`, ...told].join(' ').replaceAll(/\s+/g, ' '))}}`,
      `  \\begin{tabular}{${head.map((_, column) => (column < left ? 'l' : 'r')).join('')}}`,
      '    \\toprule',
      line(head),
      '    \\midrule',
      ...rows.map(line),
      '    \\bottomrule',
      '  \\end{tabular}',
      '\\end{table}',
    ].join('\n');
  };
  return `% \\usepackage{booktabs}\n\n${tables.map(table).join('\n\n')}\n`;
}

/** Settings of at most so many characters stand in the tables themselves. */
const LONGEST_SETTING = 24;
/** Characters, the gaps between columns among them, on the text width of LaTeX's article, in \footnotesize. */
const PAGE = 82;
const GAP = 1.2;

/** Whether a table is as wide as a page at most. */
function fitsPage({ head, rows }: SummaryTable): boolean {
  const widths = head.map((text, column) => Math.max(text.length, ...rows.map((row) => row[column].length)));
  return widths.reduce((sum, width) => sum + width + GAP, 0) <= PAGE;
}

/** `A` to `Z`, then `AA`, as columns of a spreadsheet. */
const letters = (index: number): string =>
  (index < 26 ? '' : letters(Math.floor(index / 26) - 1)) + String.fromCharCode(65 + (index % 26));

const LATEX: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '{': '\\{',
  '}': '\\}',
  '%': '\\%',
  '&': '\\&',
  $: '\\$',
  '#': '\\#',
  _: '\\_',
  '^': '\\textasciicircum{}',
  '~': '\\textasciitilde{}',
  '±': '$\\pm$',
  '→': '$\\to$',
  ε: '$\\varepsilon$',
  μ: '$\\mu$',
  '−': '$-$',
  '–': '--',
};

const latex = (text: string): string => text.replaceAll(/[\\{}%&$#_^~±→εμ−–]/gu, (each) => LATEX[each]);
