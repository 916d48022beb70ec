/** Changes to bytes of which nothing is known: flipped, cut, grown, swapped, or made into a huge number. */
import fc from 'fast-check';

/** A change to a file's bytes; returns others, of any length. */
export type Change = (bytes: Uint8Array) => Uint8Array;

/** Where in a file, as a share of its length: often in its first bytes, where headers are, or in its last. */
const place: fc.Arbitrary<(length: number) => number> = fc.oneof(
  fc.nat(63).map((at) => (length: number) => Math.min(at, length)),
  fc.nat(15).map((at) => (length: number) => Math.max(0, length - 1 - at)),
  fc.nat(0xffff).map((share) => (length: number) => Math.floor((share / 0x10000) * length)),
);

const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

/** Numbers at which counters and sizes break, in 1, 2, 4 and 8 bytes of either order. */
const awkwardNumber: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    fc.constantFrom(
      0n,
      1n,
      -1n,
      -2n,
      0x7fn,
      0x80n,
      2n ** 15n,
      2n ** 31n - 1n,
      2n ** 31n,
      2n ** 32n,
      2n ** 53n,
      2n ** 63n,
    ),
    fc.constantFrom(1, 2, 4, 8),
    fc.boolean(),
  )
  .map(([number, width, littleEndian]) => {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, number), true);
    const low = bytes.subarray(0, width);
    return littleEndian ? low : Uint8Array.from(low).reverse();
  });

const flip = fc.tuple(place, fc.nat(7)).map(
  ([at, bit]): Change =>
    (bytes) =>
      bytes.map((byte, index) => (index === at(bytes.length) ? byte ^ (1 << bit) : byte)),
);
const overwrite = fc.tuple(place, fc.oneof(awkwardNumber, fc.uint8Array({ minLength: 1, maxLength: 8 }))).map(
  ([at, part]): Change =>
    (bytes) => {
      const from = at(bytes.length);
      return joined(bytes.subarray(0, from), part, bytes.subarray(from + part.length));
    },
);
const cut = place.map(
  (at): Change =>
    (bytes) =>
      bytes.slice(0, at(bytes.length)),
);
const remove = fc.tuple(place, fc.integer({ min: 1, max: 600 })).map(
  ([at, length]): Change =>
    (bytes) => {
      const from = at(bytes.length);
      return joined(bytes.subarray(0, from), bytes.subarray(from + length));
    },
);
const insert = fc
  .tuple(place, fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.constantFrom(1, 1, 1, 100, 10_000))
  .map(
    ([at, part, times]): Change =>
      (bytes) => {
        const from = at(bytes.length);
        return joined(bytes.subarray(0, from), ...new Array<Uint8Array>(times).fill(part), bytes.subarray(from));
      },
  );
/** Two stretches of the file change places. */
const swap = fc.tuple(place, place, fc.constantFrom(1, 4, 8, 512)).map(
  ([one, other, length]): Change =>
    (bytes) => {
      const [from, to] = [one(bytes.length), other(bytes.length)].sort((a, b) => a - b);
      if (from + length > to) return bytes;
      const rest = bytes.subarray(to + length);
      const [first, between, second] = [
        bytes.subarray(from, from + length),
        bytes.subarray(from + length, to),
        bytes.subarray(to, to + length),
      ];
      return joined(bytes.subarray(0, from), second, between, first, rest);
    },
);

/** One to four changes, one after the other. */
export const changes: fc.Arbitrary<Change> = fc
  .array(fc.oneof(flip, overwrite, cut, remove, insert, swap), { minLength: 1, maxLength: 4 })
  .map((list) => (bytes) => list.reduce((changed, change) => change(changed), bytes));

/** Each of these files, changed. */
export const changedBytes = (...files: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> =>
  fc.tuple(fc.constantFrom(...files), changes).map(([bytes, change]) => change(bytes));
