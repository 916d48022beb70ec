import { test } from 'tap';
import { UserError } from '../../src/errors.js';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/models/safetensors.js';
import { sameBits } from '../helpers/arrays.js';

/** A safetensors file put together by hand. */
function file(header: string, data: readonly number[] = [], headerLength: number | bigint = header.length): Uint8Array {
  const bytes = new Uint8Array(8 + header.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.set(new TextEncoder().encode(header), 8);
  bytes.set(data, 8 + header.length);
  return bytes;
}

const tinyHeader = '{"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
/** 1 and −2 as little-endian float32. */
const tinyData = [0x00, 0x00, 0x80, 0x3f, 0x00, 0x00, 0x00, 0xc0];

test('a checkpoint is written byte for byte as the safetensors format says', async (t) => {
  const bytes = encodeCheckpoint({
    tensors: { a: { shape: [2], data: Float32Array.of(1, -2) } },
    metadata: { k: 'v' },
  });
  t.equal(tinyHeader.length, 79);
  t.same([...bytes], [...file(`${tinyHeader} `, tinyData)], 'the header is padded with spaces to a multiple of 8');
});

test('a file put together by hand is read', async (t) => {
  const { tensors, metadata } = decodeCheckpoint(file(tinyHeader, tinyData), 'tiny.safetensors');
  t.same(metadata, { k: 'v' });
  t.same(Object.keys(tensors), ['a']);
  t.same(tensors.a.shape, [2]);
  t.same([...tensors.a.data], [1, -2]);
});

test('tensors may lie in any order, the metadata may be missing, a scalar has no axes', async (t) => {
  const header =
    '{"second":{"dtype":"F32","shape":[],"data_offsets":[4,8]},"first":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}}';
  const { tensors, metadata } = decodeCheckpoint(file(header, tinyData), 'x');
  t.same(metadata, {});
  t.same([...tensors.first.data, ...tensors.second.data], [1, -2]);
});

test('what is written is read back bit for bit, whatever the numbers are', async (t) => {
  const strange = Float32Array.of(
    0,
    -0,
    1e-45,
    -1.1754942e-38,
    3.4028235e38,
    Number.POSITIVE_INFINITY,
    Number.NaN,
    0.1,
  );
  const tensors = {
    'conv1.weight': { shape: [2, 1, 2, 2], data: strange },
    'conv1.bias': { shape: [3], data: Float32Array.of(1, 2, 3) },
    empty: { shape: [0, 4], data: new Float32Array(0) },
  };
  const metadata = { model: 'lenet5', note: 'ε = 0.1, “quoted” \n' };
  const bytes = encodeCheckpoint({ tensors, metadata });
  t.equal(new DataView(bytes.buffer).getBigUint64(0, true) % 8n, 0n, 'also where a letter takes several bytes');
  const read = decodeCheckpoint(bytes, 'x');
  t.same(read.metadata, metadata);
  t.same(Object.keys(read.tensors), Object.keys(tensors));
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    t.same(read.tensors[name].shape, shape);
    t.ok(sameBits(read.tensors[name].data, data), name);
  }
});

test('bytes in the middle of a larger buffer are read from where they begin', async (t) => {
  const bytes = file(tinyHeader, tinyData);
  const larger = new Uint8Array(bytes.length + 20).fill(0xff);
  larger.set(bytes, 7);
  const { tensors } = decodeCheckpoint(larger.subarray(7, 7 + bytes.length), 'x');
  t.same([...tensors.a.data], [1, -2]);
});

test('what is read has memory of its own', async (t) => {
  const bytes = file(tinyHeader, tinyData);
  const { tensors } = decodeCheckpoint(bytes, 'x');
  bytes.fill(0);
  t.same([...tensors.a.data], [1, -2]);
});

test('a file that is no safetensors file is refused by name, with the reason', async (t) => {
  const refused = (bytes: Uint8Array, message: string | RegExp) =>
    t.throws(() => decodeCheckpoint(bytes, 'out/fa.safetensors'), { constructor: UserError, message });
  const start = 'out/fa.safetensors is not a usable safetensors file: ';
  refused(new Uint8Array(0), `${start}it has 0 bytes.`);
  refused(new Uint8Array(7), `${start}it has 7 bytes.`);
  refused(file('{}', [], 300), `${start}its header says 300 bytes, the file has 10.`);
  refused(file('{}', [], 2n ** 63n), /its header says 9223372036854\d+ bytes, the file has 10/);
  refused(file('{"a":'), `${start}its header is not JSON.`);
  refused(file('not json at all'), /is not JSON/);
  refused(file('{"a":{"shape":[2]}}'), `${start}its header does not describe tensors.`);
  refused(file('{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}', tinyData), /does not describe tensors/);
  refused(file('{"a":{"dtype":"F32","shape":[0.5],"data_offsets":[0,2]}}', tinyData), /does not describe tensors/);
  refused(file('{"__metadata__":{"epochs":8}}'), /does not describe tensors/);
});

test('a tensor that is not float32, or does not fit its place, is refused by name', async (t) => {
  const refused = (header: string, message: RegExp, data: readonly number[] = tinyData) =>
    t.throws(() => decodeCheckpoint(file(header, data), 'fa.safetensors'), { constructor: UserError, message });
  const tensor = (dtype: string, shape: string, offsets: string) =>
    `{"fc1.weight":{"dtype":"${dtype}","shape":[${shape}],"data_offsets":[${offsets}]}}`;
  refused(tensor('F64', '1', '0,8'), /^fa\.safetensors .*fc1\.weight is of type F64, F32 is expected/);
  refused(tensor('BF16', '4', '0,8'), /fc1\.weight is of type BF16/);
  refused(tensor('F32', '2,3', '0,8'), /fc1\.weight \[2, 3\] does not fit its place \[0, 8\)/);
  refused(tensor('F32', '2', '8,0'), /fc1\.weight \[2\] does not fit/);
  refused(tensor('F32', '2', '0,8'), /^fa\.safetensors .*fc1\.weight \[2\] does not fit/, tinyData.slice(0, 7));
  refused(tensor('F32', '2', '4,12'), /fc1\.weight \[2\] does not fit/);
});

test('a file cut short anywhere is refused', async (t) => {
  const bytes = file(tinyHeader, tinyData);
  for (let length = 0; length < bytes.length; length++) {
    t.throws(() => decodeCheckpoint(bytes.subarray(0, length), 'x'), UserError, `${length} bytes`);
  }
});
