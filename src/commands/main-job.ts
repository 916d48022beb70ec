import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { quickAudit } from '../audit/recipe.js';
import type { DatasetName } from '../datasets/index.js';
import { UserError } from '../errors.js';
import { parseConfigText } from '../experiment/config.js';
import { runExperiment } from '../experiment/run.js';
import { auditText } from '../report/audit/text.js';
import { summary } from '../report/run/tables.js';
import { defaultBackend } from '../tensor/backends.js';
import { duration } from '../words.js';
import { interruptible } from './interrupt.js';
import { type ConfigOptions, configFrom, defaultFolder, workerCount } from './options.js';
import { progressOn } from './progress.js';

/** The options of `npm start -- mnist`: what shall be run, and how. */
export interface MainOptions extends ConfigOptions {
  readonly workers?: string;
  readonly out?: string;
  readonly config?: string;
  readonly force?: boolean;
  readonly audit?: boolean;
}

/**
 * `npm start -- mnist` and its kin: runs the experiment with progress on standard error, prints the summary and where
 * the files are. Ctrl-C stops the workers at once; what was finished stays, and the same command goes on from there.
 *
 * @throws {UserError} if an option, file or folder is unusable
 * @throws an AbortError if it was interrupted
 */
export async function mainJob(dataset: DatasetName, options: MainOptions): Promise<void> {
  const progress = progressOn(process.stderr);
  if (defaultBackend() === 'reference' && options.backend === undefined) {
    progress.log('WebAssembly SIMD is not supported here: using the slower reference kernels.');
  }
  const base = options.config === undefined ? undefined : await readConfig(options.config);
  const config = configFrom(dataset, options, defaultBackend(), base);
  const out = options.out ?? defaultFolder(config, options.quick ?? false);
  const workers = workerCount(options.workers);
  const audit = options.audit === false ? undefined : options.quick ? quickAudit : {};
  const force = options.force ?? false;
  const started = performance.now();
  const {
    results,
    files,
    audit: found,
  } = await interruptible(
    (signal) => runExperiment(config, { out, workers, force, progress, audit, signal }),
    () =>
      existsSync(join(out, 'results.json'))
        ? `The run in ${out} is finished but for its audit: \`npm start -- audit ${out}\` makes it.`
        : `What was finished is in ${out}; the same command goes on from there.`,
  );
  const width = process.stdout.columns ?? 100;
  const seconds = (performance.now() - started) / 1000;
  const parts = [summary(results, width), ...(found ? [auditText(found, width)] : [])];
  const end = `Done in ${duration(seconds)}. In ${out}: ${files.join(', ')}`;
  process.stdout.write(`\n${[...parts, end].join('\n\n')}\n`);
}

async function readConfig(file: string): Promise<ReturnType<typeof parseConfigText>> {
  if (!existsSync(file)) throw new UserError(`--config ${file}: there is no such file.`);
  return parseConfigText(await readFile(file, 'utf8'), file);
}
