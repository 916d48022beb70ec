import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type AttackName, attacks } from '../attacks/index.js';
import { removeUnfinished, writeWhole } from '../disk/files.js';
import { UserError } from '../errors.js';
import { encodeNpz, type NpyArray } from '../export/npz.js';
import { encodeOnnx } from '../export/onnx/encode.js';
import { type LossName, losses } from '../losses/index.js';
import { maximisedLoss } from '../metrics/attack-loss.js';
import { CHUNK_SIZE, chunkCount } from '../metrics/chunks.js';
import { ExampleMaker } from '../metrics/examples.js';
import { networkTensors, type SavedNetwork } from '../models/checkpoint.js';
import { Network } from '../models/network.js';
import { type RuleName, rules } from '../rules/index.js';
import type { GradientPath } from '../rules/path.js';
import { loadKernels } from '../tensor/backends.js';
import type { ClassIndices } from '../tensor/class-indices.js';
import { firstImages, imageBatch, type LabelledImages } from '../tensor/images.js';
import { contiguous, tensor } from '../tensor/tensor.js';
import type { Config } from './config.js';
import { checkClasses, noteFewer } from './data.js';
import { runData, runNetworks } from './finished-run.js';
import { RunFolder } from './folder.js';
import type { Progress } from './progress.js';
import { runConfig } from './run-files.js';

export const exportFormats = ['onnx', 'npz'] as const;
export type ExportFormat = (typeof exportFormats)[number];

export interface ExportOptions {
  readonly to: readonly ExportFormat[];
  /** Where the files go. */
  readonly out: string;
  /** The folder of the data set's files, where they are not where config.json says. */
  readonly data?: string | undefined;
  /** Whether every layer's output is an output of the ONNX graph. */
  readonly activations: boolean;
  /** How many test images, from the first, are attacked for the npz: a thousand unless said, or as many as there are. */
  readonly images?: number | undefined;
  readonly attack: AttackName;
  readonly epsilon: number;
  readonly path: GradientPath;
  /** The loss that the attack maximises, unless the attack has a loss of its own. */
  readonly loss: LossName;
  /** This program's. */
  readonly version: string;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

const IMAGES = 1000;

/**
 * Writes a finished run's networks for other tools: `<rule>.onnx`; `<rule>.npz`, the parameters, and
 * `examples-<rule>.npz`, test images without and with attack. The same run gives the same bytes.
 *
 * @returns the names of the files
 * @throws {UserError} if the folder holds no finished run, or an option is unusable
 */
export async function exportRun(folder: string, options: ExportOptions): Promise<string[]> {
  const { to, out, data, progress, signal } = options;
  const config = await runConfig(folder);
  const { dataset, test } = await runData(folder, config, data, { progress, signal });
  if (to.includes('npz')) checkClasses(options.loss, dataset);
  const kernels = await loadKernels(config.backend);
  const saved = await runNetworks(folder, config, dataset, kernels, (line) => progress.log(line));
  const networks = new Map(
    [...saved].map(([rule, { layers, parameters }]) => [rule, new Network(layers, rules[rule], kernels, parameters)]),
  );
  const images = exportedImages(test, options);
  const files = new Map<string, () => Promise<Uint8Array> | Uint8Array>();
  for (const [rule, network] of saved) {
    if (to.includes('onnx')) files.set(`${rule}.onnx`, () => onnxOf(network, options));
    if (!to.includes('npz')) continue;
    files.set(`${rule}.npz`, () => encodeNpz(parametersOf(network)));
    files.set(`examples-${rule}.npz`, async () =>
      encodeNpz({
        ...(await examplesOf(rule, networks, images, config, options)),
        classes: dataset.classes,
      }),
    );
  }
  return await RunFolder.locked(out, async () => {
    await removeUnfinished(out);
    for (const [name, make] of files) {
      signal?.throwIfAborted();
      await writeWhole(join(out, name), await make());
    }
    return [...files.keys()];
  });
}

function exportedImages(test: LabelledImages, { progress, images }: ExportOptions): LabelledImages {
  const asked = images ?? IMAGES;
  if (asked < 1) throw new UserError(`--images ${asked}: 1 to ${test.count} are accepted, the run's test images.`);
  noteFewer(images, test.count, 'attacked', progress);
  return firstImages(test, Math.min(asked, test.count));
}

const onnxOf = ({ layers, parameters, metadata, rule }: SavedNetwork, { activations, version }: ExportOptions) => {
  const { spec: _, ...told } = metadata;
  return encodeOnnx(layers, parameters, { activations, version, metadata: { ...told, rule } });
};

/** Weights, biases and feedback weights by their names, and what pixels are normalised by. */
function parametersOf({ spec, rule, parameters }: SavedNetwork): Record<string, NpyArray> {
  const perChannel = (values: readonly number[]) => ({ shape: [values.length], data: Float32Array.from(values) });
  return {
    'normalize.mean': perChannel(spec.mean),
    'normalize.std': perChannel(spec.std),
    ...networkTensors({ spec, rule }, parameters),
  };
}

/** What one network's attack makes of the images, and what every network of the run makes of that. */
async function examplesOf(
  source: RuleName,
  networks: ReadonlyMap<RuleName, Network<Float32Array>>,
  images: LabelledImages,
  { seed }: Config,
  { attack, epsilon, path, loss, progress, signal }: ExportOptions,
): Promise<Record<string, NpyArray>> {
  const attacked = networks.get(source);
  if (!attacked) throw new Error(`no network learned by ${source}`);
  const { inputShape } = attacked;
  const clean = contiguous(imageBatch(images, inputShape, 0, images.count).images);
  const adversarial = new Float32Array(clean.length);
  const maker = new ExampleMaker(attacked, CHUNK_SIZE);
  const settings = { attack: attacks[attack], epsilon, path, loss: losses[loss], seed };
  const size = clean.length / images.count;
  const title = `${attacks[attack].label} on ${rules[source].label}`;
  await progress.during(title, chunkCount(images.count), 0, async (update) => {
    for (let first = 0; first < images.count; first += CHUNK_SIZE) {
      await setImmediate(); // lets Ctrl-C be heard
      signal?.throwIfAborted();
      const last = Math.min(first + CHUNK_SIZE, images.count);
      const chunk = clean.subarray(first * size, last * size);
      const made = maker.make(chunk, images.labels.subarray(first, last), first, settings);
      adversarial.set(made.adversarial.subarray(0, chunk.length), first * size);
      update(chunkCount(last));
    }
  });
  maker.release();
  const maximised = maximisedLoss(attack, loss, attacked.classes);
  const shape = [images.count, ...inputShape];
  const predictions = [...networks].flatMap(([rule, network]) => [
    [`${rule}_clean`, indicesOf(network.predict(tensor(clean, shape)))],
    [`${rule}_adversarial`, indicesOf(network.predict(tensor(adversarial, shape)))],
  ]);
  return {
    clean: { shape, data: clean },
    adversarial: { shape, data: adversarial },
    labels: indicesOf(images.labels.subarray(0, images.count)),
    ...Object.fromEntries(predictions),
    attack,
    epsilon: { shape: [], data: Float64Array.of(epsilon) },
    path,
    ...(maximised !== null && { loss: maximised }),
    source,
  };
}

const indicesOf = (data: ClassIndices): NpyArray => ({ shape: [data.length], data });
