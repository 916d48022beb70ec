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

test('plain kernels without a heap use memory of their own', async (t) => {
  const kernels = referenceKernels();
  t.type(kernels.alloc(2), Float32Array);
  t.type(kernels.alloc(2).buffer, ArrayBuffer);
  t.type(float64Kernels().alloc(2), Float64Array);
  t.same([...kernels.allocIndices(2)], [0, 0]);
});
