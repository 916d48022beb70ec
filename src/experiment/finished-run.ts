import { join } from 'node:path';
import type { Dataset } from '../datasets/dataset.js';
import { checkNamed, readIfThere, readTextIfThere } from '../disk/files.js';
import { UserError } from '../errors.js';
import { readNetwork, type SavedNetwork } from '../models/checkpoint.js';
import { networkSpec } from '../models/create.js';
import type { NetworkSpec } from '../models/index.js';
import { parseResults } from '../report/run/results.js';
import type { RuleName } from '../rules/index.js';
import { firstImages, type LabelledImages } from '../tensor/images.js';
import type { Kernels } from '../tensor/kernels.js';
import { shapeText } from '../tensor/tensor.js';
import { type Config, parseConfigText } from './config.js';
import { networkName } from './folder.js';
import { type EpochMetrics, parseMetrics } from './metrics.js';
import { checkHash, hashIn } from './resume.js';
import { earlierTraining, trainingHash, trainingImages } from './training-hash.js';

/**
 * The configuration of the run that is in a folder.
 *
 * @throws {UserError} if there is none
 */
export async function runConfig(folder: string): Promise<Config> {
  checkNamed(folder, 'The folder of the run');
  const file = join(folder, 'config.json');
  const text = await readTextIfThere(file);
  if (text === undefined) {
    throw new UserError(
      `${folder} holds no run: there is no config.json. Give a folder that the main job has written.`,
    );
  }
  return parseConfigText(text, file);
}

/**
 * A network that a finished run has left.
 *
 * @throws {UserError} if it is not there (yet), or no network
 */
export async function runNetwork(
  folder: string,
  rule: RuleName,
  kernels: Kernels<Float32Array>,
): Promise<SavedNetwork> {
  const file = join(folder, networkName(rule));
  const bytes = await readIfThere(file);
  if (!bytes) {
    throw new UserError(`${file} is not there: the run has not finished training. Give its command again to go on.`);
  }
  return readNetwork(bytes, file, kernels);
}

/**
 * The networks of a finished run, each held against what config.json says of it.
 *
 * @param dataset the one that config.json names, whole
 * @param log told where a file doesn't say whose it is
 * @throws {UserError} if one is not there, or not the run's
 */
export async function runNetworks(
  folder: string,
  config: Config,
  dataset: Dataset,
  kernels: Kernels<Float32Array>,
  log: (line: string) => void,
): Promise<ReadonlyMap<RuleName, SavedNetwork>> {
  const networks = new Map<RuleName, SavedNetwork>();
  const trained = trainingImages(firstImages(dataset.train, config.trainSize ?? dataset.train.count));
  const expected = networkSpec(dataset, config);
  for (const rule of Object.keys(config.training) as RuleName[]) {
    const file = join(folder, networkName(rule));
    const saved = await runNetwork(folder, rule, kernels);
    checkAgainst(expected, rule, saved, file);
    const hash = hashIn(saved.metadata);
    const earlier = earlierTraining(config, rule, trained);
    if (hash === undefined) log(`${file} carries no training hash: whether it is this run's network can't be told.`);
    else if (hash === earlier?.hash) log(`${file}: ${earlier.difference}.`);
    else checkHash(saved.metadata, trainingHash(config, rule, trained), file);
    networks.set(rule, saved);
  }
  return networks;
}

/** The epochs that a run has told of; none if it has not. @throws {UserError} if the file is damaged */
export async function runMetrics(folder: string): Promise<EpochMetrics[]> {
  const file = join(folder, 'metrics.jsonl');
  const text = await readTextIfThere(file);
  return text === undefined ? [] : parseMetrics(text, file);
}

/**
 * Holds test images against those that the run's results are of, where it has any: a robustness measured on others
 * would stand beside them as if it were of the same.
 *
 * @throws {UserError} if they are others
 */
export async function checkTestImages(folder: string, images: LabelledImages): Promise<void> {
  const file = join(folder, 'results.json');
  const text = await readTextIfThere(file);
  const measured = text === undefined ? undefined : parseResults(text, file).imagesSha256?.test;
  if (measured === undefined || measured === trainingImages(images).sha256) return;
  throw new UserError(
    `The test images there are now are not those of ${file}: their SHA-256 is another. Restore the data that the run was made with, or make the run anew.`,
  );
}

/**
 * Holds a network against what the run's config.json says of it: another one would be audited on images that it can't
 * know, under another's name.
 *
 * @throws {UserError} if it is of another rule, model, or kind of image
 */
function checkAgainst(expected: NetworkSpec, rule: RuleName, saved: SavedNetwork, file: string): void {
  const told = (spec: NetworkSpec, by: RuleName) =>
    `${spec.model} with ${spec.activation}, learned by ${by}, for images of ${shapeText(spec.inputShape)} in ${spec.classes} classes, normalised by ${shapeText(spec.mean)} and ${shapeText(spec.std)}`;
  const [found, needed] = [told(saved.spec, saved.rule), told(expected, rule)];
  if (found === needed) return;
  throw new UserError(
    `${file} is not the network that config.json tells of. It is a ${found}; the run's is a ${needed}.`,
  );
}
