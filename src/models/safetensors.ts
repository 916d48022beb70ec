/*
 * The safetensors format (https://github.com/huggingface/safetensors): 8 bytes with the header's length, little-endian;
 * the header, JSON that gives each tensor's type, shape and place; then the tensors' bytes, little-endian, which fill
 * the rest of the file without a gap.
 */
import { z } from 'zod';
import * as check from '../check.js';
import { UserError } from '../errors.js';
import { count, list, parseJson } from '../schema.js';
import { shapeText, sizeOf } from '../tensor/tensor.js';
import { otherKind } from './other-kinds.js';
import { repeatedName } from './repeated-name.js';

/** Named float32 tensors and free text about them: what a checkpoint file holds. */
export interface Checkpoint {
  readonly tensors: Readonly<Record<string, CheckpointTensor>>;
  readonly metadata: Readonly<Record<string, string>>;
  /** The file's tensors of other types than floating-point numbers: a training's step, what batch normalisation counts. */
  readonly skipped?: readonly SkippedTensor[];
}

/** A tensor that was left out of a checkpoint, since its numbers are not floating-point numbers. */
export interface SkippedTensor {
  readonly name: string;
  /** As the file calls it, such as `I64`. */
  readonly dtype: string;
}

export interface CheckpointTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

const LENGTH_BYTES = 8;
/** The format's own limit. */
const MOST_HEADER_BYTES = 100_000_000;
const METADATA = '__metadata__';

const entrySchema = z.object({
  dtype: z.string(),
  shape: list(count),
  data_offsets: z.tuple([count, count]),
});
type Entry = z.infer<typeof entrySchema> & { readonly name: string };

/** The types that are read, each as float32: how many bytes a number has, and how it is found. */
const floats = {
  F32: { bytes: 4, read: (view: DataView, at: number) => view.getFloat32(at, true) },
  F64: { bytes: 8, read: (view: DataView, at: number) => view.getFloat64(at, true) },
  F16: { bytes: 2, read: (view: DataView, at: number) => float16(view.getUint16(at, true)) },
  BF16: { bytes: 2, read: (view: DataView, at: number) => bfloat16(view.getUint16(at, true)) },
} as const;

/** What PyTorch's batch normalisation counts beside its statistics, of any type: no network needs it to run. */
const isIgnored = (name: string): boolean => name.endsWith('.num_batches_tracked');

const isFloat = (dtype: string): dtype is keyof typeof floats => Object.hasOwn(floats, dtype);

/** What a message says of a tensor that was left out. */
export const skippedText = ({ name, dtype }: SkippedTensor): string =>
  `${name} is of type ${dtype}; accepted are ${Object.keys(floats).join(', ')}`;

/**
 * The bytes of a safetensors file.
 *
 * @throws {ShapeError} if a tensor doesn't hold as many numbers as its shape asks for
 * @throws {RangeError | TypeError} if a tensor is none of float32, or metadata no text
 */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const where = 'encodeCheckpoint';
  check.object(where, 'checkpoint', checkpoint, 'an object with tensors and metadata');
  const { tensors, metadata } = checkpoint;
  check.object(where, 'checkpoint.tensors', tensors, 'an object of tensors');
  for (const [name, tensor] of Object.entries(tensors)) checkCheckpointTensor(where, `tensors.${name}`, tensor);
  check.object(where, 'checkpoint.metadata', metadata, 'an object of texts');
  for (const [name, value] of Object.entries(metadata)) check.text(where, `metadata.${name}`, value, 0);
  let end = 0;
  const entries = Object.entries(tensors).map(([name, { shape, data }]) => {
    const begin = end;
    end += data.byteLength;
    return [name, { dtype: 'F32', shape, data_offsets: [begin, end] }];
  });
  const text = JSON.stringify(Object.fromEntries([[METADATA, metadata], ...entries]));
  const bare = new TextEncoder().encode(text);
  const headerLength = Math.ceil(bare.length / LENGTH_BYTES) * LENGTH_BYTES;
  const bytes = new Uint8Array(LENGTH_BYTES + headerLength + end);
  const out = new DataView(bytes.buffer);
  out.setBigUint64(0, BigInt(headerLength), true);
  bytes.fill(0x20, LENGTH_BYTES, LENGTH_BYTES + headerLength);
  bytes.set(bare, LENGTH_BYTES);
  let place = LENGTH_BYTES + headerLength;
  for (const { data } of Object.values(tensors)) {
    for (const value of data) {
      out.setFloat32(place, value, true);
      place += 4;
    }
  }
  return bytes;
}

/**
 * Reads a safetensors file, its numbers as float32 whichever floating-point type they have. Tensors of other types are
 * left out and named in `skipped`, and so are those named `….num_batches_tracked`.
 *
 * @param name what messages call it: the file's path
 * @throws {UserError} if it is no safetensors file, is another kind of file, is cut short or has bytes over, or gives a tensor
 *   twice
 * @throws {RangeError | TypeError} if there are no bytes, or no name
 */
export function decodeCheckpoint(bytes: Uint8Array, name: string): Checkpoint {
  check.bytes('decodeCheckpoint', 'bytes', bytes);
  check.text('decodeCheckpoint', 'name', name);
  const fail = (reason: string) => new UserError(`${name} is not a usable safetensors file: ${reason}.`);
  const { entries, metadata, start } = readHeader(bytes, fail, name);
  checkTiling(entries, bytes.length - start, fail);
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, bytes.length - start);
  const isRead = ({ name, dtype }: Entry) => isFloat(dtype) && !isIgnored(name);
  const tensors = entries
    .filter(isRead)
    .map((entry) => [entry.name, { shape: entry.shape, data: readNumbers(entry, view, fail) }]);
  const skipped = entries.filter((entry) => !isRead(entry)).map(({ name, dtype }) => ({ name, dtype }));
  return { tensors: Object.fromEntries(tensors), metadata, ...(skipped.length > 0 && { skipped }) };
}

function checkCheckpointTensor(where: string, argument: string, tensor: unknown): void {
  check.object(where, argument, tensor, 'an object with shape and data');
  const { shape, data } = tensor as CheckpointTensor;
  check.shape(where, `${argument}.shape`, shape, undefined, 0);
  check.float32s(where, `${argument}.data`, data, sizeOf(shape));
}

type Fail = (reason: string) => UserError;

/** The tensors' entries, the metadata, and where the tensors' bytes begin. */
function readHeader(
  bytes: Uint8Array,
  fail: Fail,
  name: string,
): { entries: Entry[]; metadata: Record<string, string>; start: number } {
  if (bytes.length < LENGTH_BYTES) throw fail(otherKind(bytes) ?? `it has ${bytes.length} bytes`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getBigUint64(0, true));
  const start = LENGTH_BYTES + length;
  if (start > bytes.length) {
    throw fail(otherKind(bytes) ?? `its header says ${length} bytes, the file has ${bytes.length}`);
  }
  if (length > MOST_HEADER_BYTES) throw fail(`its header has ${length} bytes, ${MOST_HEADER_BYTES} are the most`);
  const header = parseHeader(bytes.subarray(LENGTH_BYTES, start), fail, name);
  const metadata = Object.hasOwn(header, METADATA) ? header[METADATA] : {};
  if (!isTextByName(metadata)) throw fail('its metadata is not text under names');
  const entries = Object.entries(header)
    .filter(([name]) => name !== METADATA)
    .map(([name, value]) => {
      const entry = entrySchema.safeParse(value);
      if (!entry.success) throw fail(`its header does not describe tensors: ${name} is no dtype, shape and place`);
      return { ...entry.data, name };
    });
  return { entries, metadata, start };
}

const isTextByName = (value: unknown): value is Record<string, string> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((text) => typeof text === 'string');

/** The header's JSON, which is an object that gives every name once. */
function parseHeader(bytes: Uint8Array, fail: Fail, name: string): Record<string, unknown> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw fail('its header is no text in UTF-8');
  }
  const header = parseJson(text, `${name} is not a usable safetensors file: its header`, '');
  if (!text.startsWith('{')) throw fail('its header is not a JSON object');
  const repeated = repeatedName(text);
  if (repeated !== undefined) throw fail(`its header has ${repeated} twice`);
  return header as Record<string, unknown>;
}

/** Sorted by where they begin, the tensors fill the file from the header to its end, each where the last one ends. */
function checkTiling(entries: readonly Entry[], length: number, fail: Fail): void {
  const placed = [...entries].sort(
    ({ data_offsets: a }, { data_offsets: b }) => a[0] - b[0] || a[1] - b[1], // empty ones before what begins there
  );
  let end = 0;
  for (const { name, data_offsets: place } of placed) {
    if (place[0] !== end) throw fail(`${name} begins at byte ${place[0]} of the tensors, ${end} is expected`);
    if (place[1] < end) throw fail(`${name} ends at byte ${place[1]} of the tensors, before it begins`);
    end = place[1];
  }
  if (end !== length) throw fail(`its tensors take ${end} bytes, the file has ${length} for them`);
}

function readNumbers({ name, dtype, shape, data_offsets: [begin, end] }: Entry, view: DataView, fail: Fail) {
  const { bytes, read } = floats[dtype as keyof typeof floats];
  const length = sizeOf(shape);
  if (end - begin !== bytes * length) {
    throw fail(`${name} ${shapeText(shape)} of ${dtype} does not fit its place [${begin}, ${end}) in the file`);
  }
  const data = new Float32Array(length);
  for (let i = 0, at = begin; i < length; i++, at += bytes) data[i] = read(view, at);
  return data;
}

/** IEEE 754 half precision: sign, 5 bits of exponent, 10 of fraction. */
function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

const word = new DataView(new ArrayBuffer(4));

/** bfloat16: the upper half of a float32. */
function bfloat16(bits: number): number {
  word.setUint16(0, bits);
  return word.getFloat32(0);
}
