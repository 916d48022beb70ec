import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'tap';
import { defaultBackend, loadKernels } from '../../src/tensor/backends.js';
import { Heap } from '../../src/tensor/heap.js';
import { backends } from '../../src/tensor/kernels.js';
import { float64Kernels, referenceKernels } from '../../src/tensor/reference.js';

test('the backend asked for is the one loaded, over the heap given', async (t) => {
  for (const backend of backends) {
    const heap = new Heap();
    const kernels = await loadKernels(backend, heap);
    t.equal(kernels.backend, backend);
    t.equal(kernels.alloc(3).buffer, heap.memory.buffer);
    t.equal(kernels.allocIndices(3).buffer, heap.memory.buffer);
  }
});

test('the default backend is one that this machine runs', async (t) => {
  const kernels = await loadKernels(defaultBackend(), new Heap());
  const y = kernels.alloc(2);
  y.set([-1, 2]);
  kernels.relu(y, y, 2);
  t.same([...y], [0, 2]);
});

test('the backend and the heap may be named, in the place of their order', async (t) => {
  const heap = new Heap();
  const kernels = await loadKernels({ backend: 'reference', heap });
  t.equal(kernels.backend, 'reference');
  t.equal(kernels.alloc(3).buffer, heap.memory.buffer);
  t.equal((await loadKernels({ heap })).backend, defaultBackend());
  t.equal((await loadKernels(undefined, heap)).alloc(3).buffer, heap.memory.buffer);
});

test('plain kernels need no shared memory, and take none unless it is given', async (t) => {
  t.type((await loadKernels('reference')).alloc(3).buffer, ArrayBuffer);
});

test('the SIMD kernels come from a compiled module, from a URL, or from beside their own file', async (t) => {
  const file = new URL('../../src/tensor/kernels.wasm', import.meta.url);
  const bytes = await readFile(file);
  const server = createServer(({ url }, response) => {
    if (url === '/kernels.wasm') response.end(bytes);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const compiled = await WebAssembly.compile(bytes);
  for (const module of [compiled, new URL(`${address}/kernels.wasm`), `${address}/kernels.wasm`, file, `${file}`]) {
    const kernels = await loadKernels({ module });
    const y = kernels.alloc(2);
    y.set([-1, 2]);
    kernels.relu(y, y, 2);
    t.same([kernels.backend, ...y], ['simd', 0, 2]);
  }
  const missing = loadKernels({ module: `${address}/elsewhere.wasm` });
  await t.rejects(missing, { message: /elsewhere\.wasm answers 404 Not Found/ });
  await t.rejects(loadKernels({ module: new URL('no-such.wasm', file) }), { code: 'ENOENT' });
});

test('a module that could not be fetched is fetched again when it is asked for again', async (t) => {
  let asked = 0;
  const bytes = await readFile(new URL('../../src/tensor/kernels.wasm', import.meta.url));
  const server = createServer((_, response) => {
    if (asked++ === 0) response.writeHead(503).end();
    else response.end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const module = `http://127.0.0.1:${(server.address() as AddressInfo).port}/kernels.wasm`;
  await t.rejects(loadKernels({ module }), /503/);
  for (let i = 0; i < 3; i++) await loadKernels({ module });
  t.equal(asked, 2, 'and once only after that');
});

test('a page without cross-origin isolation hides the shared buffers’ constructor: the SIMD kernels do without', async (t) => {
  const hidden = globalThis.SharedArrayBuffer;
  t.teardown(() => {
    globalThis.SharedArrayBuffer = hidden;
  });
  Reflect.deleteProperty(globalThis, 'SharedArrayBuffer');
  t.equal(typeof SharedArrayBuffer, 'undefined');
  t.equal(defaultBackend(), 'simd');
  const kernels = await loadKernels();
  const y = kernels.alloc(2);
  y.set([-1, 2]);
  kernels.relu(y, y, 2);
  t.same([...y], [0, 2]);
  t.throws(() => kernels.relu(new Float32Array(2), y, 2), /does not lie in the heap/);
});

test('without shared memory, or SIMD, the plain kernels are the default', async (t) => {
  const { Memory } = WebAssembly;
  t.teardown(() => {
    WebAssembly.Memory = Memory;
  });
  WebAssembly.Memory = class {
    constructor() {
      throw new TypeError('no shared memory');
    }
  } as unknown as typeof Memory;
  t.equal(defaultBackend(), 'reference');
  t.equal((await loadKernels()).backend, 'reference');
});

test('plain kernels without a heap use memory of their own', async (t) => {
  const kernels = referenceKernels();
  t.type(kernels.alloc(2), Float32Array);
  t.type(kernels.alloc(2).buffer, ArrayBuffer);
  t.type(float64Kernels().alloc(2), Float64Array);
  t.same([...kernels.allocIndices(2)], [0, 0]);
});
