import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { called } from '../called.js';
import { checkNamed, checkWritable, readText } from '../disk/files.js';
import { UserError } from '../errors.js';
import type { Progress } from '../experiment/progress.js';
import { textTable } from '../report/text.js';
import { parseJson, valueAt } from '../schema.js';
import { onBoard, type RunEnd } from '../sweep/board.js';
import { defaultJobs } from '../sweep/cores.js';
import { fetchMissing } from '../sweep/data.js';
import { dataDigests } from '../sweep/data-digest.js';
import { expectedSeconds } from '../sweep/estimate.js';
import { runHere } from '../sweep/local.js';
import { checkPlan, type PlannedRun, runName, sweepName } from '../sweep/plan.js';
import { type RedisAddress, redisAddress } from '../sweep/redis/address.js';
import { withStore } from '../sweep/redis/connection.js';
import { distinctions } from '../sweep/settings.js';
import { clearEarlier, mostTasks, SLURM_CORES, submit, writeScripts } from '../sweep/slurm.js';
import type { RunState } from '../sweep/state.js';
import { inSweepFolder, runStates } from '../sweep/sweep.js';
import { defaultBackend } from '../tensor/backends.js';
import { duration, list } from '../words.js';
import { type Axes, axesFrom, axesIn, configsFrom } from './axes.js';
import { printComparison } from './compare.js';
import { interruptible } from './interrupt.js';
import { readConfig } from './main-job.js';
import type { ConfigOptions } from './options.js';
import { progressOn } from './progress.js';
import { widthOf } from './terminal.js';

/** The options of `npm start -- sweep`: those of the main job, and what makes many runs of them. */
export interface SweepOptions extends Omit<ConfigOptions, 'seed'> {
  readonly seeds?: string;
  readonly plan?: string;
  readonly jobs?: number;
  readonly workers?: number;
  readonly out?: string;
  readonly config?: string;
  readonly audit?: boolean;
  readonly dryRun?: boolean;
  readonly redis?: string;
  readonly redisCa?: string;
  readonly slurm?: boolean;
  readonly slurmArgs?: string;
}

/** Exit code of a sweep of which a run failed. */
const SOME_FAILED = 1;

/**
 * `npm start -- sweep mnist --seeds 1..5 …`: does every run that is not finished yet, then puts all together.
 *
 * @throws {UserError} if an option, file or folder is unusable
 * @throws {Interruption} if it was interrupted; what was finished stays, and the same command goes on
 */
export async function sweepCommand(names: string | undefined, options: SweepOptions): Promise<void> {
  const { runs, folder } = await planned(names, options);
  checkNamed(folder, '--out');
  await checkWritable(folder);
  const states = await runStates(folder, runs);
  const todo = runs.filter(({ name }) => states.get(name) !== 'finished');
  if (options.slurm) {
    await throughSlurm(runs, todo, folder, options);
    return;
  }
  const { workers: cores = availableParallelism(), jobs = defaultJobs(todo.length, cores) } = options;
  const redis = options.redis === undefined ? undefined : await redisAddress(options.redis, options.redisCa);
  const means: Means = { folder, jobs, cores, redis: redis?.text };
  const width = widthOf(process.stdout);
  if (options.dryRun) {
    process.stdout.write(`${listText(runs, states, means, width)}\n`);
    return;
  }
  const progress = progressOn(process.stderr);
  const started = performance.now();
  progress.log(sumText(runs, states, means));
  const ends = await interruptible(
    (signal) =>
      inSweepFolder(folder, runs, async () => {
        if (todo.length === 0) return [];
        const finished = runs.length - todo.length;
        if (redis)
          return await throughRedis(redis, todo, { folder, sweep: sweepName(runs), finished, progress, signal });
        await fetchMissing(todo, progress, signal);
        return await onBoard(todo, finished, progress, (board) =>
          runHere(todo, { folder, jobs, cores, board, signal }),
        );
      }),
    () =>
      `Finished runs stay in ${folder}; the same command goes on from there.${redis ? ` The others go on without this machine; \`sweep cancel ${sweepName(runs)}\` ends them.` : ''}`,
  );
  const failed = new Set(ends.flatMap(({ name, failure }) => (failure === undefined ? [] : [name])));
  if (failed.size < runs.length) await printComparison([folder], folder, started);
  tell(folder, runs, ends);
}

interface RedisSweep {
  readonly folder: string;
  readonly sweep: string;
  readonly finished: number;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Has the runs done by whoever takes them from Redis. */
async function throughRedis(
  address: RedisAddress,
  todo: readonly PlannedRun[],
  { folder, sweep, finished, progress, signal }: RedisSweep,
): Promise<RunEnd[]> {
  const digest = dataDigests();
  const digests = new Map<string, string | null>();
  for (const { name, config } of todo) digests.set(name, await digest(config));
  const { collectRuns } = await import('../sweep/redis/coordinator.js');
  const log = (line: string) => progress.log(line);
  return await withStore(address, log, (store) =>
    onBoard(todo, finished, progress, (board) => collectRuns(store, todo, { folder, sweep, digests, board, signal })),
  );
}

/** Writes scripts for Slurm, and submits them unless the run is a dry one. */
async function throughSlurm(
  runs: readonly PlannedRun[],
  todo: readonly PlannedRun[],
  folder: string,
  { jobs, workers: cores = SLURM_CORES, slurmArgs = '', redis, dryRun }: SweepOptions,
): Promise<void> {
  if (redis !== undefined) throw new UserError('--redis and --slurm are two ways to have runs done: give one of them.');
  const print = (line: string) => void process.stdout.write(`${line}\n`);
  const progress = progressOn(process.stderr);
  await interruptible(
    (signal) =>
      inSweepFolder(folder, runs, async () => {
        if (todo.length === 0) {
          print(`All ${runs.length} runs are finished. \`${called(`sweep collect ${folder}`)}\` puts them together.`);
          return;
        }
        if (!dryRun) await clearEarlier(folder, todo);
        const scripts = await writeScripts(
          todo,
          { folder, jobs, cores, args: slurmArgs },
          dryRun ? undefined : await mostTasks(),
        );
        for (const { file, tasks } of scripts) print(`${file}: ${tasks} ${tasks === 1 ? 'run' : 'runs'}`);
        if (dryRun) return;
        await fetchMissing(todo, progress, signal);
        const ids = await submit(folder, scripts);
        print(
          `Submitted as ${list(ids)}; \`squeue -j ${ids.join()}\` tells how far it is. The same command goes on with what is left, \`${called(`sweep collect ${folder}`)}\` puts together what is finished.`,
        );
      }),
    () => 'What was submitted stays so.',
  );
}

/** Prints how it ended. */
function tell(folder: string, runs: readonly PlannedRun[], ends: readonly RunEnd[]): void {
  const failed = ends.filter(({ failure }) => failure !== undefined);
  const lines = [`${runs.length - failed.length} of ${runs.length} runs are finished, in ${folder}.`];
  for (const { name, failure } of failed) lines.push(`${name} failed. ${failure}`);
  if (failed.length > 0) {
    lines.push('The same command tries what failed again.');
    process.exitCode = SOME_FAILED;
  }
  process.stdout.write(`\n${lines.join('\n')}\n`);
}

/** All runs that the options, or the plan's file, ask for, and the folder for them. */
async function planned(
  names: string | undefined,
  options: SweepOptions,
): Promise<{ readonly runs: PlannedRun[]; readonly folder: string }> {
  if ((names === undefined) === (options.plan === undefined)) {
    throw new UserError(
      `Name the data sets, as in \`${called('sweep mnist,cifar10 --seeds 1..5')}\`, or give a file with --plan: one of both.`,
    );
  }
  if (options.plan !== undefined) {
    const runs = await runsInFile(options.plan);
    return { runs, folder: options.out ?? join('out', basename(options.plan, '.json')) };
  }
  if (options.data !== undefined) checkNamed(options.data, '--data');
  const base = options.config === undefined ? undefined : await readConfig(options.config);
  const runs = await runsFrom([axesFrom(names as string, options)], base);
  return { runs, folder: options.out ?? join('out', sweepName(runs)) };
}

/** A plan's file is axes, or the list that a sweep has written. */
async function runsInFile(file: string): Promise<PlannedRun[]> {
  checkNamed(file, '--plan');
  const text = await readText(file, '--plan');
  const value = parseJson(text, file, 'Give a plan: {"datasets": "mnist", "seeds": "1..5", "lr": [0.01, 0.02]}, say.');
  if (valueAt(value, ['runs']) !== undefined) return checkPlan(value, file).runs;
  return runsFrom(axesIn(value, file));
}

/** Each run once, though two combinations may be the same. */
async function runsFrom(all: readonly Axes[], base?: Parameters<typeof configsFrom>[2]): Promise<PlannedRun[]> {
  const digest = dataDigests();
  const runs = new Map<string, PlannedRun>();
  for (const axes of all) {
    for (const config of configsFrom(axes, defaultBackend(), base)) {
      const name = runName(config, await digest(config));
      if (!runs.has(name)) runs.set(name, { name, audit: axes.audit, config });
    }
  }
  return [...runs.values()];
}

interface Means {
  readonly folder: string;
  readonly jobs: number;
  readonly cores: number;
  /** Where others take them from, if that is so. */
  readonly redis?: string | undefined;
}

/** `40 runs in out/…: 12 finished, 28 to do, 2 at a time on 2 cores, about 1 h 20 min.` */
function sumText(
  runs: readonly PlannedRun[],
  states: ReadonlyMap<string, RunState>,
  { folder, jobs, cores, redis }: Means,
) {
  const todo = runs.filter(({ name }) => states.get(name) !== 'finished');
  const counts = (['finished', 'to audit', 'begun', 'to do'] as const).flatMap((state) => {
    const count = runs.filter(({ name }) => states.get(name) === state).length;
    return count > 0 ? [`${count} ${state}`] : [];
  });
  const costs = todo.map((run) => expectedSeconds(run).total);
  const seconds = Math.max(costs.reduce((sum, each) => sum + each, 0) / cores, ...costs.map((each) => each / cores));
  const rest =
    todo.length === 0
      ? ''
      : redis !== undefined
        ? `; done by the workers at ${redis}`
        : `; ${jobs} at a time on ${cores} ${cores === 1 ? 'core' : 'cores'}, about ${duration(seconds)}`;
  return `${runs.length} ${runs.length === 1 ? 'run' : 'runs'} in ${folder}: ${list(counts)}${rest}.`;
}

/** The list that a person looks at before a sweep. */
function listText(runs: readonly PlannedRun[], states: ReadonlyMap<string, RunState>, means: Means, width: number) {
  const told = distinctions(runs.map(({ config }) => config));
  const some = told.some((each) => each !== '');
  const rows = runs.map((run, index) => [
    run.name,
    ...(some ? [told[index]] : []),
    states.get(run.name) as string,
    duration(expectedSeconds(run).total),
  ]);
  const head = ['Run', ...(some ? ['Settings'] : []), 'State', 'On one core, about'];
  return `${textTable(head, rows, some ? 3 : 2, width)}\n\n${sumText(runs, states, means)}`;
}
