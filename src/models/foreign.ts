/* Networks that were trained elsewhere: the same numbers, under other names. */
import { z } from 'zod';
import { UserError } from '../errors.js';
import { faultList, parseJson } from '../schema.js';
import { shapeText } from '../tensor/tensor.js';
import type { Slot } from './parameters.js';
import { type Checkpoint, type CheckpointTensor, skippedText } from './safetensors.js';

/**
 * What a file calls the tensors, by our names: `{ 'conv1.weight': 'features.0.weight' }`. A tensor that isn't named
 * goes by our own name; null under the file's name leaves that one out.
 */
export type TensorNames = Readonly<Record<string, string | null>>;

const namesSchema = z.record(z.string(), z.string().min(1).nullable());

/**
 * Reads the text of a map of names.
 *
 * @param file what messages call it
 * @throws {UserError} if it is no JSON object of names and nulls
 */
export function parseTensorNames(text: string, file: string): TensorNames {
  const advice = 'Write our names first: {"conv1.weight": "features.0.weight"}.';
  const data = parseJson(text, file, advice);
  const parsed = namesSchema.safeParse(data);
  if (parsed.success) return parsed.data;
  throw new UserError(`${file} is no map of tensors' names:\n${faultList(parsed.error, data)}\n${advice}`);
}

type Tensors = Checkpoint['tensors'];

/**
 * A file's tensors by our names.
 *
 * @param checkpoint the file's tensors, and those that were left out when it was read: of these the network needs none
 * @param expected the tensors that the network has, and no others
 * @param model what messages call the network
 * @param file what messages call the file
 * @throws {UserError} that names the tensor, in the file and here, if one is missing, has another shape, is meant twice
 *   or is none of the network's, or if a name of the map is unknown
 */
export function renamed(
  { tensors, skipped = [] }: Pick<Checkpoint, 'tensors' | 'skipped'>,
  names: TensorNames,
  expected: readonly Slot[],
  model: string,
  file: string,
): Tensors {
  const rest = new Map(Object.entries(tensors));
  const all = new Set([...rest.keys(), ...skipped.map(({ name }) => name)]);
  checkNames(names, expected, rest, all, { model, file });
  for (const [name, value] of Object.entries(names)) if (value === null) rest.delete(name);
  const own: Record<string, CheckpointTensor> = {};
  for (const { name, shape } of expected) {
    const theirs = names[name] ?? name;
    const called = theirs === name ? name : `${theirs} (${name})`;
    const found = rest.get(theirs);
    const unread = skipped.find((tensor) => tensor.name === theirs);
    if (unread) throw new UserError(`${file}: ${skippedText(unread)}. Write it as one of these.`);
    if (!found) {
      throw new UserError(
        `${file} holds no tensor ${called}; ${model} needs one of ${shapeText(shape)}. ${heldText(rest)}`,
      );
    }
    if (shapeText(found.shape) !== shapeText(shape)) {
      throw new UserError(
        `${file}: ${called} has shape ${shapeText(found.shape)}, ${model} needs ${shapeText(shape)} (PyTorch's layouts: convolutions [out, in, kh, kw], linear layers [out, in]).`,
      );
    }
    rest.delete(theirs);
    own[name] = found;
  }
  const [unknown] = rest.keys();
  if (unknown === undefined) return own;
  const known = expected.map(({ name }) => name).join(', ');
  throw new UserError(
    `${file} holds a tensor ${unknown}, which ${model} has not; it has ${known}. To leave it out, give --names a map with {"${unknown}": null}.`,
  );
}

function checkNames(
  names: TensorNames,
  expected: readonly Slot[],
  held: ReadonlyMap<string, CheckpointTensor>,
  all: ReadonlySet<string>,
  { model, file }: { readonly model: string; readonly file: string },
): void {
  const meant = new Map<string, string>();
  for (const [name, theirs] of Object.entries(names)) {
    if (theirs === null) {
      if (!all.has(name)) {
        throw new UserError(`--names leaves out ${name}, which ${file} does not hold. ${heldText(held)}`);
      }
      continue;
    }
    if (!expected.some((slot) => slot.name === name)) {
      const known = expected.map((slot) => slot.name).join(', ');
      throw new UserError(`--names: ${model} has no tensor ${name}; it has ${known}. Our names come first.`);
    }
    const other = meant.get(theirs);
    if (other !== undefined) throw new UserError(`--names: ${theirs} is to be both ${other} and ${name}.`);
    meant.set(theirs, name);
  }
}

/** Tensors that a message lists at most. */
const MOST_LISTED = 40;

function heldText(tensors: ReadonlyMap<string, CheckpointTensor>): string {
  const all = [...tensors].map(([name, { shape }]) => `${name} ${shapeText(shape)}`);
  const more = all.length > MOST_LISTED ? ` and ${all.length - MOST_LISTED} more` : '';
  const listed = `${all.slice(0, MOST_LISTED).join(', ')}${more}`;
  return all.length === 0
    ? 'There is nothing else in it.'
    : `It holds ${listed}: say which is which with --names map.json, as {"conv1.weight": "features.0.weight"}.`;
}
