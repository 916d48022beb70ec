/** A summary for a terminal, as Markdown and as LaTeX. */
import { paragraphs, textTable } from '../text.js';
import type { Summary } from './summary.js';
import { type SummaryTable, summaryTables } from './tables.js';

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

/** The text of `summary.tex`: a tabular for each table, for a document that loads booktabs. */
export function summaryLatex(summary: Summary): string {
  const line = (cells: readonly string[]) => `  ${cells.map(latex).join(' & ')} \\\\`;
  const table = ({ title, head, rows, left }: SummaryTable) =>
    [
      `% ${title.replaceAll(/\s+/g, ' ')}`,
      `\\begin{tabular}{${head.map((_, column) => (column < left ? 'l' : 'r')).join('')}}`,
      '  \\toprule',
      line(head),
      '  \\midrule',
      ...rows.map(line),
      '  \\bottomrule',
      '\\end{tabular}',
    ].join('\n');
  return `% \\usepackage{booktabs}\n\n${summaryTables(summary).map(table).join('\n\n')}\n`;
}

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
