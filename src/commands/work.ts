import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { type DatasetName, datasetNamed, datasetNames } from '../datasets/index.js';
import { checkNamed } from '../disk/files.js';
import { UserError } from '../errors.js';
import { defaultJobs } from '../sweep/cores.js';
import { redisAddress } from '../sweep/redis/address.js';
import { withStore } from '../sweep/redis/connection.js';
import { VERSION } from '../version.js';
import { interruptible } from './interrupt.js';

export interface WorkOptions {
  readonly redis: string;
  readonly redisCa?: string;
  readonly jobs?: number;
  readonly workers?: number;
  readonly data?: readonly string[];
}

/**
 * `npm start -- work --redis redis://host`: takes runs of sweeps from Redis, until Ctrl-C.
 *
 * @throws {UserError} if an option is unusable or Redis can't be reached
 * @throws {Interruption} if it was interrupted: that is its end
 */
export async function workCommand(options: WorkOptions): Promise<void> {
  const address = await redisAddress(options.redis, options.redisCa);
  const { workers: cores = availableParallelism(), jobs = defaultJobs(Number.POSITIVE_INFINITY, cores) } = options;
  const data = dataFolders(options.data ?? []);
  const log = (line: string) => void process.stderr.write(`${line}\n`);
  await interruptible(
    (signal) =>
      withStore(address, log, async (store) => {
        const { workOn } = await import('../sweep/redis/worker.js');
        log(
          `weight-transport ${VERSION}: waiting for runs from ${address.text}, ${jobs} at a time on ${cores} ${cores === 1 ? 'core' : 'cores'}. Ctrl-C ends it.`,
        );
        await workOn(store, { jobs, cores, data, log, signal });
        signal.throwIfAborted();
      }),
    () => 'What was under way goes on elsewhere, from its last epoch.',
  );
}

/** `mnist=/some/folder`, for each data set that has a folder of its own. */
function dataFolders(texts: readonly string[]): Map<DatasetName, string> {
  const folders = new Map<DatasetName, string>();
  for (const text of texts) {
    const [, name, folder] = /^([^=]*)=(.*)$/.exec(text) ?? [];
    const dataset = datasetNamed(name ?? '');
    if (dataset === undefined) {
      throw new UserError(
        `--data "${text}": a data set and its folder are expected; data sets are ${datasetNames.join(', ')}. Try --data mnist=FOLDER.`,
      );
    }
    checkNamed(folder, `--data ${name}=`);
    folders.set(dataset, resolve(folder));
  }
  return folders;
}
