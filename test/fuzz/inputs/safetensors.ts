/** Safetensors files whose header is changed in meaning, its length told truly. */
import fc from 'fast-check';
import { changedBytes } from './bytes.js';
import { changedJson, encode } from './json.js';

const LENGTH = 8;

interface Parts {
  readonly header: { readonly __metadata__?: Readonly<Record<string, string>> };
  readonly data: Uint8Array;
}

function split(file: Uint8Array): Parts {
  const bytes = Buffer.from(file);
  const end = LENGTH + Number(bytes.readBigUInt64LE(0));
  return { header: JSON.parse(bytes.toString('utf8', LENGTH, end)), data: bytes.subarray(end) };
}

function join(header: string, data: Uint8Array): Uint8Array {
  const text = encode(header);
  const length = Buffer.alloc(LENGTH);
  length.writeBigUInt64LE(BigInt(text.length));
  return new Uint8Array(Buffer.concat([length, text, data]));
}

/** Files like these, damaged in their bytes or in their header. */
export const safetensorsFiles = (...files: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    { weight: 1, arbitrary: changedBytes(...files) },
    ...files.map(split).map(({ header, data }) => ({
      weight: 2,
      arbitrary: changedJson(header).map((text) => join(text, data)),
    })),
  );

/** Network files in which the metadata's own JSON, the network's description, is changed. */
export const networkFiles = (...files: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    safetensorsFiles(...files),
    ...files.map(split).map(({ header, data }) => {
      const { __metadata__: metadata = {} } = header;
      return changedJson(JSON.parse(metadata.spec)).map((spec) =>
        join(JSON.stringify({ ...header, __metadata__: { ...metadata, spec } }), data),
      );
    }),
  );
