import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { quickAudit } from '../audit/recipe.js';
import { called } from '../called.js';
import type { DatasetName } from '../datasets/index.js';
import { checkNamed, checkWritable, readText } from '../disk/files.js';
import { type Config, parseConfigText } from '../experiment/config.js';
import { runExperiment } from '../experiment/run.js';
import { answerText, auditText } from '../report/audit/text.js';
import { summary } from '../report/run/tables.js';
import { defaultBackend } from '../tensor/backends.js';
import { duration } from '../words.js';
import { interruptible } from './interrupt.js';
import { type ConfigOptions, configFrom, defaultFolder } from './options.js';
import { filesText } from './outcome.js';
import { progressOn } from './progress.js';
import { widthOf } from './terminal.js';

/** The options of `npm start -- mnist`: what shall be run, and how. */
export interface MainOptions extends ConfigOptions {
  readonly workers?: number;
  readonly out?: string;
  readonly config?: string;
  readonly force?: boolean;
  readonly audit?: boolean;
  readonly verbose?: boolean;
}

/**
 * `npm start -- mnist` and its kin: runs the experiment with progress on standard error, prints the summary and where
 * the files are. Ctrl-C stops the workers at once; what was finished stays, and the same command goes on from there.
 *
 * @throws {UserError} if an option, file or folder is unusable
 * @throws {Interruption} if it was interrupted
 */
export async function mainJob(dataset: DatasetName, options: MainOptions): Promise<void> {
  const progress = progressOn(process.stderr);
  if (defaultBackend() === 'reference' && options.backend === undefined) {
    progress.log('WebAssembly SIMD is not supported here: using the slower reference kernels.');
  }
  if (options.data !== undefined) checkNamed(options.data, '--data');
  const base = options.config === undefined ? undefined : await readConfig(options.config);
  const config = configFrom(dataset, options, defaultBackend(), base);
  const out = options.out ?? defaultFolder(config, options.quick ?? false);
  checkNamed(out, '--out');
  await checkWritable(out);
  const audit = options.audit === false ? undefined : options.quick ? quickAudit : {};
  const { workers = availableParallelism(), force = false } = options;
  const started = performance.now();
  const {
    results,
    files,
    audit: found,
  } = await interruptible(
    (signal) => runExperiment(config, { out, workers, force, progress, audit, signal }),
    () => remainsIn(out),
  );
  const width = widthOf(process.stdout);
  const time = duration((performance.now() - started) / 1000);
  const details = options.verbose || !found ? [summary(results, width)] : [];
  const answer = found ? [(options.verbose ? auditText : answerText)(found, width)] : [];
  process.stdout.write(`\n${[...details, ...answer, filesText(time, out, files)].join('\n\n')}\n`);
}

/** What an interrupted run has left, and how to go on. */
function remainsIn(out: string): string {
  const has = (name: string) => existsSync(join(out, name));
  if (has('results.json')) {
    return `The run in ${out} is finished but for its audit: \`${called(`audit ${out}`)}\` makes it.`;
  }
  if (has('config.json')) return `What was finished is in ${out}; the same command goes on from there.`;
  return 'Nothing was begun.';
}

export async function readConfig(file: string): Promise<Config> {
  checkNamed(file, '--config');
  return parseConfigText(await readText(file, '--config'), file);
}
