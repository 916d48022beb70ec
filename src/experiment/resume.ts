import { z } from 'zod';
import { UserError } from '../errors.js';
import { type Checkpoint, decodeCheckpoint } from '../models/safetensors.js';
import type { RuleName } from '../rules/index.js';
import { checkpointName, networkName, type RunFolder } from './folder.js';
import type { EarlierTraining } from './training-hash.js';

/** The name that files give a training hash (training-hash.ts). */
export const HASH = 'trainingHash';

/** What an interrupted run has left of one network. */
export interface Left {
  /** The file's path. */
  readonly file: string;
  /** Epochs done; all of them where the network is finished. */
  readonly epochs: number;
  readonly finished: boolean;
  readonly tensors: Checkpoint['tensors'];
}

/**
 * What is left in a run's folder of the network with this training hash: the finished network, else its last checkpoint.
 *
 * @param epochs how many the network is trained for
 * @param earlier how earlier versions trained it, if not as this one does
 * @returns undefined where there is neither
 * @throws {UserError} if either is damaged or another network's, or does not say how far it was trained
 */
export async function findLeft(
  folder: RunFolder,
  rule: RuleName,
  hash: string,
  epochs: number,
  earlier?: EarlierTraining,
): Promise<Left | undefined> {
  const network = await readOwn(folder, networkName(rule), hash, earlier);
  const checkpoint = await readOwn(folder, checkpointName(rule), hash, earlier);
  const found = network ?? checkpoint;
  if (!found) return undefined;
  const { file, tensors, metadata } = found;
  const done = network ? epochs : epochsIn(metadata, epochs, file, folder.instead());
  const told = folder.metricsOf(rule).filter(({ epoch }) => epoch <= done).length;
  if (told < done) {
    throw new UserError(
      `${file} has been trained for ${done} epochs, of which ${folder.file('metrics.jsonl')} tells ${told}: the results would not be whole. Restore that file from a copy, remove ${file} to train that network anew, ${folder.instead()}`,
    );
  }
  return { file, epochs: done, finished: network !== undefined, tensors };
}

/** What a file of the folder holds; undefined where there is no such file. */
async function readOwn(
  folder: RunFolder,
  name: string,
  hash: string,
  earlier: EarlierTraining | undefined,
): Promise<(Checkpoint & { file: string }) | undefined> {
  const bytes = await folder.read(name);
  if (!bytes) return undefined;
  const file = folder.file(name);
  try {
    const found = { file, ...decodeCheckpoint(bytes, file) };
    checkHash(found.metadata, hash, file, earlier);
    return found;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`${error.message} It is left as it is; ${folder.instead()}`, { cause: error });
  }
}

/**
 * Checks that a file's network is the expected one.
 *
 * @throws {UserError} if it carries another training hash, or none
 */
export function checkHash(
  metadata: Checkpoint['metadata'],
  expected: string,
  file: string,
  earlier?: EarlierTraining,
): void {
  const found = hashIn(metadata);
  if (found === expected) return;
  if (found !== undefined && found === earlier?.hash) {
    throw new UserError(`${file} is not continued: ${earlier.difference}.`);
  }
  const why =
    found === undefined
      ? 'it carries no training hash (those of earlier versions have none), so that nobody can tell what it was trained on'
      : `its training hash ${found.slice(0, 12)}… is not this run's ${expected.slice(0, 12)}…: it was trained on other data, with other settings or from another seed`;
  throw new UserError(`${file} is not taken for this run's network: ${why}.`);
}

/** The training hash that a file carries. */
export const hashIn = (metadata: Checkpoint['metadata']): string | undefined =>
  Object.hasOwn(metadata, HASH) ? metadata[HASH] : undefined;

/** The epochs that a checkpoint says it has had. */
function epochsIn(metadata: Checkpoint['metadata'], most: number, file: string, instead: string): number {
  const schema = z.string().regex(/^\d+$/).transform(Number).pipe(z.number().min(1).max(most));
  const said = Object.hasOwn(metadata, 'epochs') ? metadata.epochs : undefined;
  const parsed = schema.safeParse(said);
  if (parsed.success) return parsed.data;
  const found = said === undefined ? 'does not say' : `says "${said.slice(0, 40)}"`;
  throw new UserError(
    `${file} ${found} how many epochs it has had: a whole number from 1 to ${most} is expected. It is left as it is; delete it to train that network anew, ${instead}`,
  );
}
