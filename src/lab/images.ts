/* MNIST as the page's files hold it: pixels, then a label for each image, zipped. */
import type { LabelledImages } from '../core.js';

const SIZE = 28 * 28;

/** @throws {Error} if the file can't be had or is cut short */
export async function fetchImages(name: string): Promise<LabelledImages> {
  const response = await fetch(new URL(name, import.meta.url));
  if (!response.ok || !response.body) throw new Error(`${name}: the server answered ${response.status}`);
  return unpackImages(await unzipped(response));
}

/** A host that knows the file's ending may have told the browser to unzip it already. */
async function unzipped(response: Response): Promise<Uint8Array> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

export function unpackImages(bytes: Uint8Array): LabelledImages {
  const count = bytes.length / (SIZE + 1);
  if (!Number.isInteger(count)) throw new Error(`${bytes.length} bytes are no whole number of images and labels`);
  return { count, pixels: bytes.subarray(0, count * SIZE), labels: bytes.subarray(count * SIZE) };
}

/** All images of the first set, then all of the second. */
export function joined(first: LabelledImages, second: LabelledImages): LabelledImages {
  const pixels = new Uint8Array(first.pixels.length + second.pixels.length);
  pixels.set(first.pixels);
  pixels.set(second.pixels, first.pixels.length);
  const labels = new Uint8Array(first.count + second.count);
  labels.set(first.labels);
  labels.set(second.labels, first.count);
  return { pixels, labels, count: first.count + second.count };
}
