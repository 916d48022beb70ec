import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Dataset } from '../datasets/dataset.js';
import { readIfThere } from '../disk/files.js';
import { UserError } from '../errors.js';
import { readNetwork, type SavedNetwork } from '../models/checkpoint.js';
import { networkSpec } from '../models/create.js';
import type { NetworkSpec } from '../models/index.js';
import type { RuleName } from '../rules/index.js';
import { firstImages, type LabelledImages } from '../tensor/images.js';
import type { Kernels } from '../tensor/kernels.js';
import { shapeText } from '../tensor/tensor.js';
import type { Config } from './config.js';
import { loadData } from './data.js';
import { networkName } from './folder.js';
import { checkHash, hashIn } from './resume.js';
import { readRun, remedies, withRemedy } from './run-files.js';
import { earlierTraining, trainingHash, trainingImages } from './training-hash.js';

/**
 * The data set that a run was made with, whole, and the run's own test images.
 *
 * @param data the folder of its files, where they are not where config.json says
 * @throws {UserError} if the data can't be read, or the test images are others than those of the run's results
 */
export async function runData(
  folder: string,
  config: Config,
  data: string | undefined,
  how: Parameters<typeof loadData>[2],
): Promise<{ readonly dataset: Dataset; readonly test: LabelledImages }> {
  const dataset = await loadData(config.dataset, data ?? config.data, how).catch((error: unknown) => {
    if (!(error instanceof UserError) || data !== undefined || config.data === null) throw error;
    throw new UserError(
      `${error.message} The run in ${folder} was made with the data in ${config.data}. If they are elsewhere now, give their folder with --data.`,
      { cause: error },
    );
  });
  const test = firstImages(dataset.test, config.testSize ?? dataset.test.count);
  await checkTestImages(folder, test);
  return { dataset, test };
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
    const bytes = await networkBytes(folder, file);
    await withRemedy(remedies.network(), async () => {
      const saved = readNetwork(bytes, file, kernels);
      checkAgainst(expected, rule, saved, file);
      const hash = hashIn(saved.metadata);
      const earlier = earlierTraining(config, rule, trained);
      if (hash === undefined) log(`${file} carries no training hash: whether it is this run's network can't be told.`);
      else if (hash === earlier?.hash) log(`${file}: ${earlier.difference}.`);
      else checkHash(saved.metadata, trainingHash(config, rule, trained), file);
      networks.set(rule, saved);
    });
  }
  return networks;
}

/** The bytes of a run's network. @throws {UserError} if the file can't be read, or is not there (yet) */
async function networkBytes(folder: string, file: string): Promise<Uint8Array> {
  const bytes = await withRemedy(remedies.network(), () => readIfThere(file));
  if (bytes) return bytes;
  const what = existsSync(join(folder, 'results.json'))
    ? ', though results.json is. Restore it from a copy, or remove results.json and'
    : ': the run has not finished training. To go on,';
  throw new UserError(`${file} is not there${what} give the run's command again.`);
}

/**
 * Holds test images against those that the run's results are of, where it has any: a robustness measured on others
 * would stand beside them as if it were of the same.
 *
 * @throws {UserError} if they are others
 */
async function checkTestImages(folder: string, images: LabelledImages): Promise<void> {
  const { results } = await readRun(folder, ['results']);
  const measured = results?.imagesSha256?.test;
  if (measured === undefined || measured === trainingImages(images).sha256) return;
  throw new UserError(
    `The test images there are now are not those of ${join(folder, 'results.json')}: their SHA-256 is another. Give the folder of the data that the run was made with as --data, or make the run anew.`,
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
