import { test } from 'tap';
import { newCrew, stopCrew } from '../../src/crew/shared-crew.js';
import { datasets } from '../../src/datasets/index.js';
import { createNetwork, networkSpec } from '../../src/models/create.js';
import type { SharedNetwork } from '../../src/parallel/messages.js';
import { WorkerPool } from '../../src/parallel/pool.js';
import { type Job, perform, type TaskName } from '../../src/parallel/tasks.js';
import { loadKernels } from '../../src/tensor/backends.js';
import { Heap } from '../../src/tensor/heap.js';
import { firstImages } from '../../src/tensor/images.js';
import { trainingMemory } from '../../src/training/memory.js';
import { defaultTraining } from '../../src/training/options.js';

const mnist = await datasets.mnist.load();
const spec = networkSpec(mnist);
const images = firstImages(mnist.train, 100);

/** The jobs of a run, one after the other, over networks in the given heap. */
async function jobs(heap: Heap): Promise<{ [Name in TaskName]?: Job<Name> }> {
  const kernels = await loadKernels('simd', heap);
  const created = (['bp', 'wm'] as const).map((rule) => createNetwork(spec, { rule, seed: 2, kernels }));
  const [bp, wm] = (['bp', 'wm'] as const).map((rule, r): SharedNetwork => ({ spec, rule, ...created[r].parameters }));
  const memory = trainingMemory(created[1], defaultTraining, (length) => heap.float64(length));
  return {
    trainEpoch: { run: 7, network: wm, images, options: defaultTraining, memory, epoch: 0 },
    countCorrect: { network: wm, images },
    alignment: { network: wm, images },
    attack: {
      source: wm,
      path: 'true',
      loss: 'margin',
      targets: [wm, bp],
      images,
      plans: [{ attack: 'pgd', options: { iterations: 2 }, epsilons: [0, 0.2] }],
      seed: 3,
    },
  };
}

test('on this thread, each task answers what a pool of one answers', async (t) => {
  const heap = new Heap();
  const here = await jobs(heap);
  const pool = new WorkerPool(1, 'simd');
  const there = await jobs(pool.heap);
  for (const name of Object.keys(here) as TaskName[]) {
    const message = {
      task: name,
      memory: heap.memory,
      backend: 'simd' as const,
      crew: newCrew(1, 1),
      rank: 0,
      job: here[name]!,
    };
    const answer = await perform(message as never);
    const [expected] = await pool.run(name, there[name] as never);
    t.same(answer, { value: expected }, name);
  }
  await pool.close();
});

test('a member of a stopped crew answers that it was stopped', async (t) => {
  const heap = new Heap();
  const crew = newCrew(2, 1);
  stopCrew(crew);
  const { countCorrect: job } = await jobs(heap);
  const answer = await perform({
    task: 'countCorrect',
    memory: heap.memory,
    backend: 'simd',
    crew,
    rank: 0,
    job: job!,
  });
  t.same(answer, { stopped: true });
});
