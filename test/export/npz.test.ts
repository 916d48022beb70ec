import { execFileSync } from 'node:child_process';
import { unzipSync } from 'fflate';
import { test } from 'tap';
import { encodeNpy, encodeNpz } from '../../src/export/npz.js';

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

test('an npy file is magic, version, header and the numbers, which begin at a multiple of 64 bytes', (t) => {
  const file = encodeNpy({ shape: [2, 3], data: Float32Array.of(0, 1, -2, 0.5, 3, 1e30) });
  t.equal(text(file.subarray(0, 8)), '\x93NUMPY\x01\x00');
  const length = file[8] + 256 * file[9];
  t.equal((10 + length) % 64, 0);
  t.match(
    text(file.subarray(10, 10 + length)),
    /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(2, 3\), \} *\n$/,
  );
  t.same(new Float32Array(file.slice(10 + length).buffer), Float32Array.of(0, 1, -2, 0.5, 3, 1e30));
  t.end();
});

test('each kind of array says what it is; one axis is a tuple all the same', (t) => {
  const headerOf = (array: Parameters<typeof encodeNpy>[0]) => text(encodeNpy(array)).slice(10, 74);
  t.match(headerOf({ shape: [3], data: Uint8Array.of(1, 2, 3) }), /'descr': '\|u1', .*'shape': \(3,\)/);
  t.match(headerOf({ shape: [], data: Float64Array.of(0.2) }), /'descr': '<f8', .*'shape': \(\)/);
  t.match(headerOf('bim'), /'descr': '<U3', .*'shape': \(\)/);
  t.same([...encodeNpy('β').slice(-4)], [0xb2, 0x03, 0, 0], 'UCS-4, little-endian');
  t.match(headerOf({ shape: [2], data: Uint16Array.of(1, 300) }), /'descr': '<u2', .*'shape': \(2,\)/);
  t.same([...encodeNpy({ shape: [1], data: Uint16Array.of(300) }).slice(-2)], [44, 1], 'little-endian');
  t.match(headerOf(['cat', 'β']), /'descr': '<U3', .*'shape': \(2,\)/);
  const points = [99, 97, 116, 0x3b2, 0, 0];
  t.same([...new Int32Array(encodeNpy(['cat', 'β']).slice(-24).buffer)], points, 'each as long as the longest');
  t.end();
});

test('an npz holds its arrays by their names, and has the same bytes in any zone of time', (t) => {
  const arrays = { 'conv1.weight': { shape: [2], data: Float32Array.of(1, 2) }, attack: 'bim' } as const;
  const file = encodeNpz(arrays);
  const unzipped = unzipSync(file);
  t.same(Object.keys(unzipped), ['conv1.weight.npy', 'attack.npy']);
  t.same(unzipped['conv1.weight.npy'], encodeNpy(arrays['conv1.weight']));
  const module = new URL('../../src/export/npz.js', import.meta.url).href;
  const line = `import { encodeNpz } from '${module}'; process.stdout.write(Buffer.from(encodeNpz({ 'conv1.weight': { shape: [2], data: Float32Array.of(1, 2) }, attack: 'bim' })).toString('hex'));`;
  for (const TZ of ['UTC', 'Asia/Tokyo', 'America/Los_Angeles']) {
    const made = execFileSync(process.execPath, ['--input-type=module', '-e', line], { env: { ...process.env, TZ } });
    t.equal(made.toString(), Buffer.from(file).toString('hex'), TZ);
  }
  t.end();
});
