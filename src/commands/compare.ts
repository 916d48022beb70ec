import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkNamed, checkWritable } from '../disk/files.js';
import { summaryText } from '../report/summary/text.js';
import { compareRuns } from '../sweep/compare/compare.js';
import { PLAN } from '../sweep/plan.js';
import { duration } from '../words.js';
import { interruptible } from './interrupt.js';
import { filesText } from './outcome.js';
import { widthOf } from './terminal.js';

export interface CompareOptions {
  readonly out?: string;
}

/**
 * `npm start -- compare out/a out/b …`: puts finished runs together, prints the tables and where the files are.
 *
 * @throws {UserError} if a folder holds no run, or none is finished
 */
export async function compareCommand(folders: readonly string[], options: CompareOptions): Promise<void> {
  const alone = folders.length === 1 && existsSync(join(folders[0], PLAN)) ? folders[0] : undefined;
  const out = options.out ?? alone ?? join('out', 'compare');
  checkNamed(out, '--out');
  await checkWritable(out);
  await printComparison(folders, out);
}

/**
 * Writes the summary and prints it.
 *
 * @param started when what it ends with was begun
 */
export async function printComparison(
  folders: readonly string[],
  out: string,
  started = performance.now(),
): Promise<void> {
  const { summary, files } = await interruptible(
    () => compareRuns(folders, out),
    () => `The runs stay as they are; \`compare ${folders.join(' ')}\` puts them together.`,
  );
  const end = filesText(duration((performance.now() - started) / 1000), out, files);
  process.stdout.write(`\n${summaryText(summary, widthOf(process.stdout))}\n\n${end}\n`);
}
