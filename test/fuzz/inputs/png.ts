/** PNGs whose chunks are whole, checksums too, but are not the ones of a picture. */
import { constants, crc32, deflateRawSync, deflateSync, inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { changedBytes, changes } from './bytes.js';

interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
}

const SIGNATURE = 8;

function chunksOf(png: Uint8Array): Chunk[] {
  const bytes = Buffer.from(png);
  const chunks: Chunk[] = [];
  for (let at = SIGNATURE; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    chunks.push({ type: bytes.toString('latin1', at + 4, at + 8), data: bytes.subarray(at + 8, at + 8 + length) });
    at += 12 + length;
  }
  return chunks;
}

function toPng(png: Uint8Array, chunks: readonly Chunk[]): Uint8Array {
  const parts = chunks.map(({ type, data }) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const checksum = Buffer.alloc(4);
    checksum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, checksum]);
  });
  return new Uint8Array(Buffer.concat([png.subarray(0, SIGNATURE), ...parts]));
}

type Change = (chunks: Chunk[]) => void;
const nth = fc.nat(9);

/** Width, height, bits, colours, compression, filters or interlacing are others. */
const header = fc
  .tuple(
    fc.constantFrom(0, 4, 8, 9, 10, 11, 12),
    fc.constantFrom(0, 1, 2, 3, 5, 16, 0xff, 100_000, 2 ** 31 - 1, 2 ** 32 - 1),
  )
  .map(
    ([offset, value]): Change =>
      (chunks) => {
        const data = Buffer.concat([chunks[0].data, Buffer.alloc(13)], 13); // it may be another chunk by now
        if (offset < 8) data.writeUInt32BE(value, offset);
        else data.writeUInt8(value & 0xff, offset);
        chunks[0] = { ...chunks[0], data };
      },
  );
const remove = nth.map(
  (at): Change =>
    (chunks) => {
      chunks.splice(at % chunks.length, 1);
    },
);
const again = fc.tuple(nth, nth, fc.constantFrom(1, 1, 500)).map(
  ([from, to, most]): Change =>
    (chunks) => {
      const chunk = chunks[from % chunks.length];
      const times = Math.min(most, 1 + Math.floor(2 ** 20 / (1 + chunk.data.length)));
      chunks.splice(to % chunks.length, 0, ...new Array<Chunk>(times).fill(chunk));
    },
);
const added = fc
  .tuple(
    nth,
    fc.constantFrom('PLTE', 'tRNS', 'iCCP', 'tEXt', 'pHYs', 'IDAT', 'IEND', 'IHDR', 'abCd', 'ABCD'),
    fc.uint8Array(),
  )
  .map(
    ([at, type, data]): Change =>
      (chunks) => {
        chunks.splice(at % chunks.length, 0, { type, data });
      },
  );
/** Other lines of pixels than the header says, well compressed. */
const lines = changes.map(
  (change): Change =>
    (chunks) => {
      const at = chunks.findIndex(({ type }) => type === 'IDAT');
      if (at >= 0) chunks[at] = { type: 'IDAT', data: deflateSync(change(inflated(chunks[at].data))) };
    },
);
/** Zlib's form of half a gigabyte of zeros: parts that end on whole bytes can be repeated before the last, empty one. */
const zeros = deflateRawSync(new Uint8Array(2 ** 23), { finishFlush: constants.Z_SYNC_FLUSH });
const bomb = Buffer.concat([Buffer.from([0x78, 0x9c]), ...new Array<Uint8Array>(64).fill(zeros), Buffer.from([3, 0])]);
/** Half a gigabyte of zeros in the place of the pixels, or of a colour profile. */
const bombs = fc.constantFrom('IDAT', 'iCCP').map(
  (type): Change =>
    (chunks) => {
      const start = type === 'iCCP' ? Buffer.from('name\0\0', 'latin1') : Buffer.alloc(0);
      chunks.splice(1, type === 'IDAT' ? 1 : 0, { type, data: Buffer.concat([start, bomb]) });
    },
);

function inflated(data: Uint8Array): Uint8Array {
  try {
    return inflateSync(data, { maxOutputLength: 2 ** 20 });
  } catch {
    return data;
  }
}

/** PNGs like this one, damaged: in their bytes, or in what is said by their chunks. */
export const pngFiles = (png: Uint8Array): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    { weight: 1, arbitrary: changedBytes(png) },
    {
      weight: 2,
      arbitrary: fc
        .array(
          fc.oneof(...[header, remove, again, added, lines].map((arbitrary) => ({ weight: 20, arbitrary })), {
            weight: 1,
            arbitrary: bombs,
          }),
          { minLength: 1, maxLength: 3 },
        )
        .map((list) => {
          const chunks = chunksOf(png);
          for (const change of list) if (chunks.length > 0) change(chunks);
          return toPng(png, chunks);
        }),
    },
  );
