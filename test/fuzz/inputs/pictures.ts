/** JPEG and WebP files whose headers are as they should be, but say other sizes, or whose parts are repeated. */
import fc from 'fast-check';
import { changedBytes } from './bytes.js';

const extent = fc.constantFrom(0, 1, 8, 19, 255, 1024, 1025, 16_383, 65_535);
const share = fc.nat(0xffff).map((value) => value / 0x10000);

/** Changes where one marker of a JPEG stands. */
const atMarker = (jpeg: Uint8Array, marker: number): number => Buffer.from(jpeg).indexOf(Buffer.of(0xff, marker));

/** A JPEG whose frame has other rows, columns or components. */
const resized = (jpeg: Uint8Array) =>
  fc.tuple(extent, extent, fc.constantFrom(1, 3, 3, 3, 4, 255)).map(([rows, columns, components]) => {
    const bytes = Buffer.from(jpeg);
    const at = Math.max(atMarker(jpeg, 0xc0), atMarker(jpeg, 0xc2));
    bytes.writeUInt16BE(rows, at + 5);
    bytes.writeUInt16BE(columns, at + 7);
    bytes[at + 9] = components;
    return new Uint8Array(bytes);
  });

/** A JPEG of 1,024 × 1,024 pixels that repeats its last scan very often: each costs the time of a whole picture. */
const repeated = (jpeg: Uint8Array) =>
  fc.constantFrom(50, 99, 101, 20_000).map((times) => {
    const bytes = Buffer.from(jpeg);
    const at = Math.max(atMarker(jpeg, 0xc0), atMarker(jpeg, 0xc2));
    bytes.writeUInt16BE(1024, at + 5);
    bytes.writeUInt16BE(1024, at + 7);
    const [scan, end] = [bytes.lastIndexOf(Buffer.of(0xff, 0xda)), bytes.length - 2];
    const scans = new Array<Uint8Array>(times).fill(bytes.subarray(scan, scan + 12));
    return new Uint8Array(Buffer.concat([bytes.subarray(0, end), ...scans, bytes.subarray(end)]));
  });

/** A JPEG without one of its parts. */
const without = (jpeg: Uint8Array) =>
  fc.tuple(share, fc.nat(200)).map(([from, length]) => {
    const at = 2 + Math.floor(from * (jpeg.length - 4));
    return new Uint8Array(Buffer.concat([jpeg.subarray(0, at), jpeg.subarray(at + length, -2), jpeg.subarray(-2)]));
  });

/** JPEGs like these, damaged: in their bytes, or in what their markers say. */
export const jpegFiles = (...jpegs: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    { weight: 4, arbitrary: changedBytes(...jpegs) },
    ...jpegs.flatMap((jpeg) => [
      { weight: 2, arbitrary: resized(jpeg) },
      { weight: 2, arbitrary: without(jpeg) },
      { weight: 1, arbitrary: repeated(jpeg) },
    ]),
  );

/** A WebP whose header, after that of RIFF, is another number of bits. */
const relabelled = (webp: Uint8Array) =>
  fc.tuple(fc.integer({ min: 12, max: 30 }), extent).map(([at, value]) => {
    const bytes = Buffer.from(webp);
    bytes.writeUInt16LE(value, at);
    return new Uint8Array(bytes);
  });

/** WebPs like these, damaged: in their bytes, or in what their headers say. */
export const webpFiles = (...webps: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> =>
  fc.oneof(changedBytes(...webps), ...webps.map(relabelled));
