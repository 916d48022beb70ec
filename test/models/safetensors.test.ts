import fc from 'fast-check';
import { type Test, test } from 'tap';
import { UserError } from '../../src/errors.js';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/models/safetensors.js';
import { sizeOf } from '../../src/tensor/tensor.js';
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

const refused = (t: Test, bytes: Uint8Array, message: string | RegExp) =>
  t.throws(() => decodeCheckpoint(bytes, 'out/fa.safetensors'), { constructor: UserError, message });
const start = 'out/fa.safetensors is not a usable safetensors file: ';

test('a file that is no safetensors file is refused by name, with the reason', async (t) => {
  refused(t, new Uint8Array(0), `${start}it has 0 bytes.`);
  refused(t, new Uint8Array(7), `${start}it has 7 bytes.`);
  refused(t, file('{}', [], 300), `${start}its header says 300 bytes, the file has 10.`);
  refused(t, file('{}', [], 2n ** 63n), /its header says 9223372036854\d+ bytes, the file has 10/);
  refused(t, file('{"a":'), /^out\/fa\.safetensors is not a usable safetensors file: its header is not JSON/);
  refused(t, Uint8Array.from([1, 0, 0, 0, 0, 0, 0, 0, 0xff]), `${start}its header is no text in UTF-8.`);
  refused(t, file('not json at all'), /is not JSON/);
  refused(t, file('"text"'), `${start}its header is not a JSON object.`);
  refused(t, file('[]'), /is not a JSON object/);
  refused(t, file(' {}'), /is not a JSON object/);
  refused(
    t,
    file('{"a":{"shape":[2]}}'),
    `${start}its header does not describe tensors: a is no dtype, shape and place.`,
  );
  refused(t, file('{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}', tinyData), /does not describe tensors/);
  refused(t, file('{"a":{"dtype":"F32","shape":[0.5],"data_offsets":[0,2]}}', tinyData), /does not describe tensors/);
  refused(t, file('{"__metadata__":{"epochs":8}}'), `${start}its metadata is not text under names.`);
  refused(t, file('{"__metadata__":["8"]}'), /its metadata is not text/);
  const long = new Uint8Array(100_000_010).fill(0x20);
  new DataView(long.buffer).setBigUint64(0, 100_000_001n, true);
  refused(t, long, `${start}its header has 100000001 bytes, 100000000 are the most.`);
});

/** A header of tensors `name: [dtype, shape, begin, end]`. */
const header = (...tensors: [name: string, dtype: string, shape: number[], begin: number, end: number][]) =>
  `{${tensors.map(([name, dtype, shape, ...place]) => `"${name}":${JSON.stringify({ dtype, shape, data_offsets: place })}`).join(',')}}`;

test('a name that is given twice is refused, however it is written', async (t) => {
  const [a, again] = [header(['a', 'F32', [1], 0, 4]), header(['\\u0061', 'F32', [1], 4, 8])];
  refused(t, file(`${a.slice(0, -1)},${again.slice(1)}`, tinyData), `${start}its header has a twice.`);
  refused(t, file('{"__metadata__":{"k":"v","k":"w"}}'), /has k twice/);
  refused(
    t,
    file('{"a":{"dtype":"F32","shape":[2],"shape":[1],"data_offsets":[0,4]}}', [0, 0, 0, 0]),
    /has shape twice/,
  );
});

test('tensors fill the file without a gap, an overlap or bytes over', async (t) => {
  const two = (...places: [number, number][]) =>
    header(['a', 'F32', [1], ...places[0]], ['b', 'F32', [1], ...places[1]]);
  t.same(Object.keys(decodeCheckpoint(file(two([0, 4], [4, 8]), tinyData), 'x').tensors), ['a', 'b']);
  refused(t, file(two([0, 4], [0, 4]), tinyData), `${start}b begins at byte 0 of the tensors, 4 is expected.`);
  refused(
    t,
    file(two([0, 4], [8, 12]), [...tinyData, 0, 0, 0, 0]),
    `${start}b begins at byte 8 of the tensors, 4 is expected.`,
  );
  refused(t, file(header(['a', 'F32', [1], 4, 8]), tinyData), /a begins at byte 4 of the tensors, 0 is expected/);
  refused(
    t,
    file(header(['a', 'F32', [1], 0, 4]), tinyData),
    `${start}its tensors take 4 bytes, the file has 8 for them.`,
  );
  refused(t, file(header(['a', 'F32', [2], 8, 0]), tinyData), /a begins at byte 8/);
  refused(t, file(two([0, 4], [4, 0]), tinyData), `${start}b ends at byte 0 of the tensors, before it begins.`);
  refused(t, file(header(['a', 'F32', [2], 0, 8]), tinyData.slice(0, 7)), /take 8 bytes, the file has 7/);
  refused(t, file('{}', tinyData), /take 0 bytes, the file has 8/);
});

test('a tensor without numbers lies between two others, at the beginning or at the end', async (t) => {
  for (const place of [0, 4, 8]) {
    const text = header(['a', 'F32', [1], 0, 4], ['none', 'F32', [3, 0], place, place], ['b', 'F32', [], 4, 8]);
    const { tensors } = decodeCheckpoint(file(text, tinyData), 'x');
    t.same(tensors.none, { shape: [3, 0], data: new Float32Array(0) });
    t.same([...tensors.a.data, ...tensors.b.data], [1, -2]);
  }
  refused(t, file(header(['a', 'F32', [2], 0, 8], ['none', 'F32', [0], 4, 4]), tinyData), /none begins at byte 4/);
});

test('a tensor that does not fit its place is refused by name', async (t) => {
  const one = (dtype: string, shape: number[], name = 'fc1.weight') =>
    file(header([name, dtype, shape, 0, 8]), tinyData);
  refused(t, one('F32', [2, 3]), `${start}fc1.weight [2, 3] of F32 does not fit its place [0, 8) in the file.`);
  refused(t, one('F64', [2]), /fc1\.weight \[2\] of F64 does not fit/);
  refused(t, one('F32', [1e9, 1e9, 1e9]), /does not fit/);
});

test('half, brain and double precision come as float32', async (t) => {
  const read = (dtype: string, bytes: ArrayBufferView, count: number) => {
    const data = [...new Uint8Array(bytes.buffer)];
    return [...decodeCheckpoint(file(header(['a', dtype, [count], 0, data.length]), data), 'x').tensors.a.data];
  };
  // 1, −2, the largest, the least normal, the least of all, −0, ∞, 1/3: IEEE 754's own examples of binary16.
  const half = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x8000, 0x7c00, 0x3555);
  t.same(read('F16', half, 8), [1, -2, 65504, 2 ** -14, 2 ** -24, -0, Number.POSITIVE_INFINITY, 0.333251953125]);
  t.ok(Number.isNaN(read('F16', Uint16Array.of(0xfe01), 1)[0]));
  const brain = Uint16Array.of(0x3f80, 0xc000, 0x4049, 0x0001, 0x8000, 0xff80);
  t.same(read('BF16', brain, 6), [1, -2, 3.140625, 2 ** -133, -0, Number.NEGATIVE_INFINITY]);
  t.same(read('F64', Float64Array.of(0.1, -1e300, 5), 3), [Math.fround(0.1), Number.NEGATIVE_INFINITY, 5]);
});

test('half precision holds just the float32 numbers that it can, each once', async (t) => {
  const all = Uint16Array.from({ length: 1 << 16 }, (_, bits) => bits);
  const bytes = file(header(['a', 'F16', [1 << 16], 0, 1 << 17]), [...new Uint8Array(all.buffer)]);
  const values = decodeCheckpoint(bytes, 'x').tensors.a.data;
  t.equal(new Set(values).size, (1 << 16) - 2046, 'NaN comes 2,046 times and is one in a Set, and so are 0 and −0');
  for (let bits = 1; bits < 0x7c00; bits++) if (!(values[bits] > values[bits - 1])) t.fail(`${bits.toString(16)}`);
});

test('tensors of other types, and what batch normalisation counts, are left out and named; their place counts', async (t) => {
  for (const [name, dtype] of [
    ['step', 'I64'],
    ['mask', 'constructor'],
    ['bn1.num_batches_tracked', 'I64'],
    ['bn1.num_batches_tracked', 'F64'],
  ] as const) {
    const text = header([name, dtype, [], 0, 8], ['a', 'F32', [2], 8, 16]);
    const { tensors, skipped } = decodeCheckpoint(file(text, [...tinyData, ...tinyData]), 'x');
    t.same(Object.keys(tensors), ['a']);
    t.same(skipped, [{ name, dtype }]);
    refused(t, file(text, tinyData), /take 16 bytes, the file has 8/);
  }
  t.equal(decodeCheckpoint(file(tinyHeader, tinyData), 'x').skipped, undefined);
});

test('a file of another kind is called by its name, with what to do', async (t) => {
  const kinds: readonly [what: string, begins: string, message: RegExp][] = [
    [
      'HTML',
      '<!DOCTYPE html>\n<html><body>Not found</body></html>',
      /it is a web page \(HTML\).*; download the file itself\.$/,
    ],
    ['HTML after blanks', '\n  <html lang="en"><head></head></html>', /it is a web page/],
    [
      'Git LFS',
      'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 178\n',
      /pointer of Git LFS.*`git lfs pull`\.$/,
    ],
    [
      'torch.save',
      'PK\x03\x04\x00\x00\x08\x08\x00\x00\x00\x00\x00\x00\x00\x00archive/data.pkl',
      /ZIP archive, as torch\.save.*safetensors\.torch\.save_file\.$/,
    ],
    ['older torch.save', '\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.', /Python pickle.*save_file\.$/],
    ['pickle', '\x80\x04\x95\x1a\x00\x00\x00\x00\x00\x00\x00}\x94\x8c', /Python pickle/],
    ['JSON', '{\n  "metadata": {"total_size": 1}, "weight_map": {}}', /it is JSON text/],
    ['a short JSON', '[1, 2]', /it is JSON text/],
    ['gzip', '\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03', /gzip.*`gunzip`/],
    ['Keras', '\x89HDF\r\n\x1a\n\x00\x00\x00', /HDF5/],
  ];
  for (const [what, begins, message] of kinds) {
    for (const bytes of [begins, begins + '\x00'.repeat(4000)]) {
      t.throws(
        () => decodeCheckpoint(Buffer.from(bytes, 'latin1'), 'fa.safetensors'),
        { constructor: UserError, message },
        what,
      );
    }
  }
});

test('no header length makes a safetensors file one of another kind', async (t) => {
  const bare = '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
  // 0x0280 begins like a pickle, 0x8b1f like gzip, 0x3c20 like a blank before a tag, 0x227b like JSON.
  for (const length of [0x0280, 0x0380, 0x8b1f, 0x3c20, 0x227b, 0x5b0a]) {
    t.same(Object.keys(decodeCheckpoint(file(bare.padEnd(length), tinyData), 'x').tensors), ['a'], length.toString(16));
  }
});

test('a file cut short anywhere, or grown, is refused', async (t) => {
  const bytes = file(tinyHeader, tinyData);
  for (let length = 0; length < bytes.length; length++) refused(t, bytes.subarray(0, length), /./);
  refused(t, Uint8Array.from([...bytes, 0]), /the file has 9 for them/);
});

test('whatever tensors and metadata are written come back: names, shapes and bits', async (t) => {
  const name = fc.string({ unit: 'grapheme' }).filter((text) => text !== '__metadata__');
  const shape = fc.array(fc.nat({ max: 4 }), { maxLength: 3 });
  const float32 = fc.float({ noDefaultInfinity: false });
  const anyTensor = shape.chain((extents) => {
    const size = sizeOf(extents);
    const data = fc.array(float32, { minLength: size, maxLength: size }).map((values) => Float32Array.from(values));
    return fc.record({ shape: fc.constant(extents), data });
  });
  // As JSON.parse makes them: with `__proto__` as a name like any other.
  const record = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Record<string, Value>> =>
    fc
      .uniqueArray(fc.tuple(fc.oneof(name, fc.constantFrom('__proto__', 'constructor', '7')), value), {
        selector: ([key]) => key,
        maxLength: 6,
      })
      .map((entries) => Object.fromEntries(entries));
  fc.assert(
    fc.property(
      record(anyTensor),
      record(fc.string({ unit: 'grapheme' })),
      fc.nat({ max: 8 }),
      (tensors, metadata, shift) => {
        const bytes = encodeCheckpoint({ tensors, metadata });
        const moved = new Uint8Array(bytes.length + shift);
        moved.set(bytes, shift);
        const read = decodeCheckpoint(moved.subarray(shift), 'x');
        t.strictSame(Object.entries(read.metadata).sort(), Object.entries(metadata).sort());
        t.strictSame(Object.keys(read.tensors).sort(), Object.keys(tensors).sort());
        for (const [key, { shape: extents, data }] of Object.entries(tensors)) {
          const found = Object.entries(read.tensors).find(([other]) => other === key)?.[1];
          t.strictSame(found?.shape, extents);
          t.ok(found && sameBits(found.data, data));
        }
      },
    ),
    { numRuns: 60 },
  );
});
