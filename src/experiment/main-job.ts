import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { DatasetName } from '../datasets/index.js';
import { UserError } from '../errors.js';
import { summary } from '../report/tables.js';
import { defaultBackend } from '../tensor/kernels.js';
import { parseConfigText } from './config.js';
import { configFrom, defaultFolder, integer, type RunOptions } from './options.js';
import { duration, progressOn } from './progress.js';
import { runExperiment } from './run.js';

/** The options of `npm start -- mnist`: what shall be run, and how. */
export interface MainOptions extends RunOptions {
  readonly workers?: string;
  readonly out?: string;
  readonly config?: string;
  readonly force?: boolean;
}

const MOST_WORKERS = 1024;

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
  const workers = integer('--workers', options.workers) ?? availableParallelism();
  if (workers < 1 || workers > MOST_WORKERS) {
    throw new UserError(
      `--workers ${workers}: 1 to ${MOST_WORKERS} are accepted; the cores here are ${availableParallelism()}.`,
    );
  }
  const controller = new AbortController();
  const interrupt = () => controller.abort();
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  const started = performance.now();
  try {
    const settings = { out, workers, force: options.force ?? false, progress, signal: controller.signal };
    const { results, files } = await runExperiment(config, settings);
    process.stdout.write(`\n${summary(results, process.stdout.columns ?? 100)}\n\n`);
    const seconds = (performance.now() - started) / 1000;
    process.stdout.write(`Done in ${duration(seconds)}. In ${out}: ${files.join(', ')}\n`);
  } catch (error) {
    if (!controller.signal.aborted) throw error;
    throw new DOMException(
      `Interrupted. What was finished is in ${out}; the same command goes on from there.`,
      'AbortError',
    );
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

async function readConfig(file: string): Promise<ReturnType<typeof parseConfigText>> {
  if (!existsSync(file)) throw new UserError(`--config ${file}: there is no such file.`);
  return parseConfigText(await readFile(file, 'utf8'), file);
}
