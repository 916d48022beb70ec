/*
 * The safetensors format (https://github.com/huggingface/safetensors): 8 bytes with the header's length, little-endian;
 * the header, JSON that gives each tensor's type, shape and place; then the tensors' bytes, little-endian.
 */
import { z } from 'zod';
import { UserError } from '../errors.js';
import { shapeText, sizeOf } from '../tensor/tensor.js';

/** Named float32 tensors and free text about them: what a checkpoint file holds. */
export interface Checkpoint {
  readonly tensors: Readonly<Record<string, CheckpointTensor>>;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface CheckpointTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

const LENGTH_BYTES = 8;
const METADATA = '__metadata__';
const headerSchema = z.record(
  z.string(),
  z.object({
    dtype: z.string(),
    shape: z.array(z.number().int().nonnegative()),
    data_offsets: z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]),
  }),
);
const metadataSchema = z.record(z.string(), z.string());

/** The bytes of a safetensors file. */
export function encodeCheckpoint({ tensors, metadata }: Checkpoint): Uint8Array {
  const header: Record<string, unknown> = { [METADATA]: metadata };
  let end = 0;
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    header[name] = { dtype: 'F32', shape, data_offsets: [end, end + data.byteLength] };
    end += data.byteLength;
  }
  const text = JSON.stringify(header);
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
 * Reads a safetensors file.
 *
 * @param name what messages call it: the file's path
 * @throws {UserError} if it is no safetensors file, is cut short, or holds other types than float32.
 */
export function decodeCheckpoint(bytes: Uint8Array, name: string): Checkpoint {
  const fail = (reason: string) => new UserError(`${name} is not a usable safetensors file: ${reason}.`);
  if (bytes.length < LENGTH_BYTES) throw fail(`it has ${bytes.length} bytes`);
  const input = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = Number(input.getBigUint64(0, true));
  const start = LENGTH_BYTES + headerLength;
  if (start > bytes.length) throw fail(`its header says ${headerLength} bytes, the file has ${bytes.length}`);
  let raw: unknown;
  try {
    raw = JSON.parse(new TextDecoder().decode(bytes.subarray(LENGTH_BYTES, start)));
  } catch {
    throw fail('its header is not JSON');
  }
  const { [METADATA]: rawMetadata = {}, ...rawTensors } = Object(raw);
  const header = headerSchema.safeParse(rawTensors);
  const metadata = metadataSchema.safeParse(rawMetadata);
  if (!header.success || !metadata.success) throw fail('its header does not describe tensors');
  const tensors: Record<string, CheckpointTensor> = {};
  for (const [tensorName, { dtype, shape, data_offsets: offsets }] of Object.entries(header.data)) {
    if (dtype !== 'F32') throw fail(`${tensorName} is of type ${dtype}, F32 is expected`);
    const [from, to] = offsets;
    if (to - from !== 4 * sizeOf(shape) || start + to > bytes.length) {
      throw fail(`${tensorName} ${shapeText(shape)} does not fit its place [${from}, ${to}) in the file`);
    }
    const data = new Float32Array(sizeOf(shape));
    for (let i = 0; i < data.length; i++) data[i] = input.getFloat32(start + from + 4 * i, true);
    tensors[tensorName] = { shape, data };
  }
  return { tensors, metadata: metadata.data };
}
