/** `sweep status`, `sweep collect` and `sweep cancel`. */
import { join } from 'node:path';
import { readText } from '../disk/files.js';
import { UserError } from '../errors.js';
import { checkFolder } from '../experiment/run-files.js';
import { textTable } from '../report/text.js';
import { PLAN, parsePlan } from '../sweep/plan.js';
import { redisAddress } from '../sweep/redis/address.js';
import { withStore } from '../sweep/redis/connection.js';
import { type RunState, runState } from '../sweep/state.js';
import { printComparison } from './compare.js';
import { widthOf } from './terminal.js';

export interface StatusOptions {
  readonly redis?: string;
  readonly redisCa?: string;
}

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const log = (line: string): void => void process.stderr.write(`${line}\n`);

/**
 * `sweep status out/<sweep>`: how far each run in the folder is; `sweep status --redis redis://host`: the sweeps that
 * are in Redis.
 *
 * @throws {UserError} if there is no such sweep, or Redis can't be reached
 */
export async function statusCommand(folder: string | undefined, options: StatusOptions): Promise<void> {
  if ((folder === undefined) === (options.redis === undefined)) {
    throw new UserError('Name the folder of a sweep, or give --redis: one of both.');
  }
  print(folder === undefined ? await redisText(options as { redis: string }) : await folderText(folder));
}

async function folderText(folder: string): Promise<string> {
  const states = await statesIn(folder);
  const rows = states.map(({ name, state }) => [name, state]);
  const finished = states.filter(({ state }) => state === 'finished').length;
  const faults = states.flatMap(({ fault }) => (fault === undefined ? [] : [`\n${fault}`]));
  return `${textTable(['Run', 'State'], rows, 2, widthOf(process.stdout))}\n\n${finished} of ${states.length} runs are finished.${faults.join('')}`;
}

/**
 * `sweep collect out/<sweep>`: puts together what is finished, and tells what is not; exit code 1 if anything is not.
 *
 * @throws {UserError} if there is no such sweep, or none of its runs is finished
 */
export async function collectCommand(folder: string): Promise<void> {
  const states = await statesIn(folder);
  const left = states.filter(({ state }) => state !== 'finished');
  await printComparison([folder], folder);
  print(`\n${states.length - left.length} of ${states.length} runs are finished, in ${folder}.`);
  for (const { name, state, fault } of left) print(`${name}: ${fault ?? state}`);
  if (left.length > 0) process.exitCode = 1;
}

/** How far a run is, and what is wrong with its folder where that can't be told. */
interface TellableState {
  readonly name: string;
  readonly state: RunState | 'damaged';
  readonly fault?: string;
}

/** A damaged run keeps nobody from the others. */
async function statesIn(folder: string): Promise<TellableState[]> {
  await checkFolder(folder, 'a sweep');
  const file = join(folder, PLAN);
  const { runs } = parsePlan(await readText(file), file);
  const states: TellableState[] = [];
  for (const run of runs) {
    const { name } = run;
    try {
      states.push({ name, state: await runState(join(folder, name), run) });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      states.push({ name, state: 'damaged', fault: error.message });
    }
  }
  return states;
}

async function redisText({ redis, redisCa }: StatusOptions & { redis: string }): Promise<string> {
  const address = await redisAddress(redis, redisCa);
  const { redisStatus } = await import('../sweep/redis/status.js');
  const { sweeps, workers } = await withStore(address, log, redisStatus);
  const end = `${workers} ${workers === 1 ? 'worker' : 'workers'} at ${address.text}.`;
  if (sweeps.length === 0) return `No sweep waits there. ${end}`;
  const rows = sweeps.map(({ name, version, runs, counts }) => [
    name,
    version,
    ...[runs.length, ...Object.values(counts)].map((each) => `${each}`),
  ]);
  const head = ['Sweep', 'Version', 'Runs', ...Object.keys(sweeps[0].counts)];
  return `${textTable(head, rows, 2, widthOf(process.stdout))}\n\n${end}`;
}

/**
 * `sweep cancel <name> --redis redis://host`: ends a sweep.
 *
 * @throws {UserError} if there is none of that name, or Redis can't be reached
 */
export async function cancelCommand(name: string, options: StatusOptions): Promise<void> {
  if (options.redis === undefined) throw new UserError('Give --redis: what runs on one machine is ended by Ctrl-C.');
  const address = await redisAddress(options.redis, options.redisCa);
  const { cancelSweep, redisStatus } = await import('../sweep/redis/status.js');
  const { removed, running } = await withStore(address, log, async (store) => {
    const { sweeps } = await redisStatus(store);
    const sweep = sweeps.find((each) => each.name === name);
    if (!sweep) {
      const known = sweeps.map((each) => each.name).join(', ') || 'none';
      throw new UserError(`There is no sweep ${JSON.stringify(name)} at ${address.text}; there is: ${known}.`);
    }
    return await cancelSweep(store, sweep);
  });
  print(`Cancelled: ${removed} runs removed, ${running} under way are ended by their workers within seconds.`);
}
