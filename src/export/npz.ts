/*
 * NumPy's file formats (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html). An npy file holds 6
 * bytes of magic, the version 1.0, the header's length in 16 bits, the header, and the numbers, little-endian. The
 * header is a Python dictionary, padded with spaces so that the numbers begin at a multiple of 64 bytes. An npz file is
 * a zip archive of npy files.
 */
import { type Zippable, zipSync } from 'fflate';
import { littleEndian } from './bytes.js';

/** An array for NumPy: of numbers, of texts, or a single text, which is an array without axes. */
export type NpyArray =
  | { readonly shape: readonly number[]; readonly data: Float32Array | Float64Array | Uint8Array | Uint16Array }
  | readonly string[]
  | string;

const MAGIC = [0x93, ...new TextEncoder().encode('NUMPY'), 1, 0];
const ALIGNMENT = 64;

/** Encodes an npy file. */
export function encodeNpy(array: NpyArray): Uint8Array {
  const { descr, shape, bytes } = contents(array);
  const axes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dictionary = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${axes}), }`;
  const start = Math.ceil((MAGIC.length + 2 + dictionary.length + 1) / ALIGNMENT) * ALIGNMENT;
  const header = new TextEncoder().encode(`${dictionary.padEnd(start - MAGIC.length - 3)}\n`);
  const file = new Uint8Array(start + bytes.length);
  file.set(MAGIC);
  new DataView(file.buffer).setUint16(MAGIC.length, header.length, true);
  file.set(header, MAGIC.length + 2);
  file.set(bytes, start);
  return file;
}

function contents(array: NpyArray): { descr: string; shape: readonly number[]; bytes: Uint8Array } {
  if (typeof array === 'string') return { ...textContents([array]), shape: [] };
  if ('data' in array) return { descr: descrOf(array.data), shape: array.shape, bytes: littleEndian(array.data) };
  return { ...textContents(array), shape: [array.length] };
}

function descrOf(data: Float32Array | Float64Array | Uint8Array | Uint16Array): string {
  if (data instanceof Float32Array) return '<f4';
  if (data instanceof Float64Array) return '<f8';
  return data instanceof Uint16Array ? '<u2' : '|u1';
}

/** Encodes texts in UTF-32; zeros pad each text to the length of the longest. */
function textContents(texts: readonly string[]): { descr: string; bytes: Uint8Array } {
  const all = texts.map((text) => Array.from(text, (character) => character.codePointAt(0) ?? 0));
  const longest = Math.max(1, ...all.map(({ length }) => length));
  const points = new Int32Array(texts.length * longest);
  all.forEach((own, i) => {
    points.set(own, i * longest);
  });
  return { descr: `<U${longest}`, bytes: littleEndian(points) };
}

/** The earliest time of a zip archive, in this machine's time zone: the bytes are the same in any zone. */
const TIME = new Date(1980, 0, 1);

/** Encodes an npz file; the same arrays in the same order give the same bytes. */
export function encodeNpz(arrays: Readonly<Record<string, NpyArray>>): Uint8Array {
  const files = Object.entries(arrays).map(([name, array]) => [`${name}.npy`, encodeNpy(array)]);
  return zipSync(Object.fromEntries(files) as Zippable, { mtime: TIME, level: 6 });
}
