import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { AuditedNetwork } from '../audit/findings.js';
import type { Dataset } from '../datasets/dataset.js';
import { type DatasetName, datasets } from '../datasets/index.js';
import { readIfThere, removeUnfinished } from '../disk/files.js';
import { UserError } from '../errors.js';
import { checkFinite, LARGER_IMAGES, layersOf, parametersFrom, slotsOf } from '../models/checkpoint.js';
import { networkSpec } from '../models/create.js';
import { renamed, type TensorNames } from '../models/foreign.js';
import type { ModelName, NetworkSpec } from '../models/index.js';
import type { ActivationName } from '../models/lenet.js';
import { parseNetworkMetadata } from '../models/metadata.js';
import { type Checkpoint, decodeCheckpoint } from '../models/safetensors.js';
import { checkMemory } from '../parallel/memory-need.js';
import { withPool } from '../parallel/pool.js';
import type { RuleName } from '../rules/index.js';
import { defaultBackend, loadKernels } from '../tensor/backends.js';
import { shapeText } from '../tensor/tensor.js';
import { list } from '../words.js';
import { type AuditOutcome, type AuditRunOptions, auditAndWrite } from './audit.js';
import { auditSettings } from './audit-settings.js';
import { checkNoStronger } from './audit-strength.js';
import { loadData, noteFewer } from './data.js';
import { RunFolder } from './folder.js';

/** What a person says of a network in a file. What they leave out is taken from the file's metadata, if that says it. */
export interface FileDescription {
  readonly dataset?: DatasetName | undefined;
  /** A folder with the data set's files, instead of its usual source. */
  readonly data?: string | undefined;
  /** LeNet-5 with ReLU, if nobody says otherwise. */
  readonly model?: ModelName | undefined;
  readonly activation?: ActivationName | undefined;
  /** If nobody says: `fa` where there are feedback weights, else `bp`. */
  readonly rule?: RuleName | undefined;
  readonly names?: TensorNames | undefined;
  /** Per channel, of pixels in [0, 1]; the data set's if nobody says otherwise. */
  readonly mean?: readonly number[] | undefined;
  readonly std?: readonly number[] | undefined;
  /** Decides what is random in an attack. */
  readonly seed: number;
}

/**
 * Audits a network in a safetensors file, of this program or of any other, on a data set's test images, and writes what
 * it finds into a folder, which is made if it isn't there.
 *
 * @throws {UserError} if the file holds no such network, or something said is unusable
 */
export async function auditFile(
  file: string,
  description: FileDescription,
  out: string,
  options: AuditRunOptions,
): Promise<AuditOutcome> {
  const bytes = await readIfThere(file);
  if (!bytes) {
    throw new UserError(`${file} is not there: the name of a safetensors file, or of a run's folder, is expected.`);
  }
  if (existsSync(join(out, 'config.json'))) {
    throw new UserError(`${out} holds a run, whose own audit is there. Choose another folder with --out.`);
  }
  const { settings: changes = {}, foretold, force, workers, progress, signal } = options;
  const checkpoint = decodeCheckpoint(bytes, file);
  const name = datasetOf(checkpoint, description, file);
  const dataset = await loadData(name, description.data, { progress, signal });
  const settings = auditSettings(name, changes, dataset.test.count);
  noteFewer(changes.images, dataset.test.count, 'audited', progress);
  const { spec, rule } = describe(checkpoint, description, dataset, file);
  const { model, activation, mean, std } = spec;
  progress.log(
    `${file} is taken for a ${model} with ${activation}, learned by ${rule}, pixels normalised by mean ${shapeText(mean)} and deviation ${shapeText(std)}.`,
  );
  if (checkpoint.skipped) progress.log(`${file} holds ${leftOut(checkpoint.skipped)}`);
  const tensors = renamed(checkpoint, description.names ?? {}, slotsOf(spec, rule), `this ${model}`, file);
  checkNumbers(tensors, file);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const network: AuditedNetwork = { file: basename(file), sha256, rule, model, activation, mean, std };
  return await RunFolder.locked(out, async () => {
    if (!force) await checkNoStronger(out, settings, ', or choose another folder with --out');
    await removeUnfinished(out);
    return await withPool(workers, defaultBackend(), signal, async (pool) => {
      await checkMemory(pool, spec, { [rule]: undefined });
      const kernels = await loadKernels(pool.backend, pool.heap);
      const networks = new Map([[rule, { spec, rule, ...parametersFrom(spec, rule, tensors, file, kernels) }]]);
      const context = { networks, images: dataset.test, seed: description.seed, settings, foretold, pool, progress };
      return await auditAndWrite(context, { dataset, folder: out, network });
    });
  });
}

/** Tensors that a note names at most. */
const MOST_NAMED = 5;

/** Which tensors of a file are not read, and why. */
function leftOut(skipped: NonNullable<Checkpoint['skipped']>): string {
  const named = skipped.slice(0, MOST_NAMED).map(({ name, dtype }) => `${name} (${dtype})`);
  const more = skipped.length - named.length;
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}: not read, since these are no floating-point numbers.`;
}

/** @throws {UserError} if a number is NaN or infinite, which it may be as float32 alone */
function checkNumbers(tensors: Checkpoint['tensors'], file: string): void {
  for (const [name, { data }] of Object.entries(tensors)) checkFinite(name, data, file);
}

/** @throws {UserError} if neither the person nor the file says which data set, or the file says one that is unknown */
function datasetOf({ metadata }: Checkpoint, { dataset }: FileDescription, file: string): DatasetName {
  if (dataset !== undefined) return dataset;
  const said = Object.hasOwn(metadata, 'dataset') ? metadata.dataset : undefined;
  if (said !== undefined && Object.hasOwn(datasets, said)) return said as DatasetName;
  const known = list(Object.keys(datasets));
  throw new UserError(`${file} does not say which data set it was trained on: give --dataset; there are ${known}.`);
}

/** What network the file holds: as the person says, else its own metadata, else the defaults. */
function describe(
  { metadata, tensors }: Checkpoint,
  said: FileDescription,
  dataset: Dataset,
  file: string,
): { readonly spec: NetworkSpec; readonly rule: RuleName } {
  const own = Object.hasOwn(metadata, 'spec') ? parseNetworkMetadata(metadata, file) : undefined;
  const { inputShape = dataset.shape, classes = dataset.classes.length } = own?.spec ?? {};
  if (shapeText(inputShape) !== shapeText(dataset.shape) || classes !== dataset.classes.length) {
    throw new UserError(
      `${file} holds a network for images of ${shapeText(inputShape)} in ${classes} classes; ${dataset.name} has images of ${shapeText(dataset.shape)} in ${dataset.classes.length}.`,
    );
  }
  const { mean = own?.spec.mean ?? dataset.mean, std = own?.spec.std ?? dataset.std } = said;
  checkPerChannel('--mean', mean, dataset);
  checkPerChannel('--std', std, dataset);
  if (std.some((deviation) => !(deviation > 0))) {
    throw new UserError(`--std ${std.join(',')}: each deviation is to be above 0.`);
  }
  const model = said.model ?? own?.spec.model ?? 'lenet5';
  const activation = said.activation ?? own?.spec.activation ?? 'relu';
  const spec = networkSpec({ ...dataset, mean, std }, { model, activation });
  layersOf(
    spec,
    `${model} can't be built for the images of ${dataset.name}, ${shapeText(dataset.shape)}`,
    LARGER_IMAGES,
  );
  return { spec, rule: said.rule ?? own?.rule ?? ruleOf(tensors, said.names ?? {}) };
}

function checkPerChannel(option: string, values: readonly number[], { name, shape }: Dataset): void {
  if (values.length === shape[0]) return;
  throw new UserError(
    `${option} ${values.join(',')}: ${values.length} numbers; ${name} has ${shape[0]}, one a channel, as ${shape[0] === 1 ? '0.5' : '0.5,0.5,0.5'}.`,
  );
}

/** Networks with feedback weights learned by feedback alignment, unless someone says otherwise. */
function ruleOf(tensors: Checkpoint['tensors'], names: TensorNames): RuleName {
  const held = [...Object.keys(tensors), ...Object.keys(names).filter((name) => names[name] !== null)];
  const feedback = held.some((name) => name.endsWith('.feedback') && names[name] !== null);
  return feedback ? 'fa' : 'bp';
}
