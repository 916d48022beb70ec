import { availableParallelism } from 'node:os';
import { checkNamed, checkWritable } from '../disk/files.js';
import { attackRun } from '../experiment/attack-run.js';
import { runConfig } from '../experiment/run-files.js';
import { answer, summary } from '../report/run/tables.js';
import { duration } from '../words.js';
import { interruptible } from './interrupt.js';
import { type AttackSettingOptions, attackSettings } from './options.js';
import { filesText } from './outcome.js';
import { progressOn } from './progress.js';
import { widthOf } from './terminal.js';

/** The options of `npm start -- attack`, as they were written. */
export interface AttackCommandOptions extends AttackSettingOptions {
  readonly images?: number;
  readonly data?: string;
  readonly name?: string;
  readonly force?: boolean;
  readonly workers?: number;
  readonly verbose?: boolean;
}

/**
 * `npm start -- attack out/<run>`: new attacks on a finished run's networks.
 *
 * @throws {UserError} if the folder holds no finished run, or an option is unusable
 * @throws {Interruption} if it was interrupted; the same command goes on from there
 */
export async function attackCommand(run: string, options: AttackCommandOptions): Promise<void> {
  const config = await runConfig(run);
  const settings = attackSettings(config, options);
  const { images, name, data, force = false, workers = availableParallelism() } = options;
  if (data !== undefined) checkNamed(data, '--data');
  await checkWritable(run);
  const progress = progressOn(process.stderr);
  const started = performance.now();
  const { results, folder, files } = await interruptible(
    (signal) => attackRun(run, { settings, images, data, name, force, workers, progress, signal }),
    () => `What was finished is in ${run}; the same command goes on from there.`,
  );
  const end = filesText(duration((performance.now() - started) / 1000), folder, files);
  const told = options.verbose ? summary : answer;
  process.stdout.write(`\n${told(results, widthOf(process.stdout))}\n\n${end}\n`);
}
