import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { readText, remove } from '../disk/files.js';
import { UserError } from '../errors.js';
import type { SweepSettings } from '../experiment/context.js';
import { networksAtOnce } from '../experiment/train-all.js';
import { expectedSeconds } from '../sweep/estimate.js';
import { progressInMessages, readOrder } from '../sweep/messages.js';
import { doRun } from '../sweep/one-run.js';
import { type PlannedRun, parsePlan } from '../sweep/plan.js';
import { wholeNumber } from '../words.js';
import { interruptible } from './interrupt.js';
import { progressOn } from './progress.js';

export interface OneRunOptions {
  readonly out?: string;
  readonly workers?: number;
  readonly child?: boolean;
  readonly outIn?: string;
  readonly alone?: boolean;
  readonly figures?: boolean;
}

/**
 * `npm start -- run out/<sweep>/plan.json <name>`: one run of a sweep, by its name or its number in the plan, counted
 * from 0. It is what sweeps start; as their child it tells its progress in messages, and ends when its parent does.
 *
 * @throws {UserError} if there is no such run, or it fails
 * @throws {Interruption} if it was interrupted
 */
export async function oneRunCommand(file: string, name: string, options: OneRunOptions): Promise<void> {
  const plan = parsePlan(await readText(file, 'the plan'), file);
  const run = runNamed(plan.runs, name, file);
  const out = options.out ?? join(options.outIn ?? dirname(file), run.name);
  if (options.alone) await remove(join(out, 'run.lock'));
  const { workers = availableParallelism() } = options;
  const say = (message: object) => void process.stdout.write(`${JSON.stringify(message)}\n`);
  const expected = expectedSeconds(run, networksAtOnce(run.config.training, workers));
  const progress = options.child ? progressInMessages(expected.steps, say) : progressOn(process.stderr);
  const onWait = options.child ? (notice: string) => say({ notice }) : (line: string) => progress.log(line);
  const onWorkers = options.child ? listenToParent() : undefined;
  await interruptible(
    (signal) => doRun(run, { out, workers, onWorkers, figures: options.figures, progress, signal, onWait }),
    () => `What was finished is in ${out}.`,
  );
}

function runNamed(runs: readonly PlannedRun[], name: string, file: string): PlannedRun {
  const number = wholeNumber(name);
  const run = number === undefined ? runs.find((each) => each.name === name) : runs[number];
  if (run) return run;
  throw new UserError(
    `${file} has no run ${name}: give a name that stands in it, or a number from 0 to ${runs.length - 1}.`,
  );
}

/**
 * A parent says on our standard input when there are more cores for us, and closes its end when it dies, by whatever
 * signal: this process then ends too.
 *
 * @returns takes what raises the number of workers
 */
function listenToParent(): NonNullable<SweepSettings['onWorkers']> {
  let told = 0;
  let grow = (_workers: number): void => {};
  createInterface({ input: process.stdin }).on('line', (line) => {
    told = readOrder(line)?.workers ?? told;
    grow(told);
  });
  // Ctrl-C at a terminal comes to parent and child, and again from the parent: once the end has begun, it is left alone.
  let ending = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      ending = true;
    });
  }
  process.stdin.on('close', () => ending || process.kill(process.pid, 'SIGTERM'));
  process.stdin.unref();
  return (given) => {
    grow = given;
    grow(told);
  };
}
