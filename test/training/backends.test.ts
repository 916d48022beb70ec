import { test } from 'tap';
import { solo } from '../../src/crew/crew.js';
import { countCorrect } from '../../src/metrics/accuracy.js';
import { createNetwork } from '../../src/models/create.js';
import { loadKernels } from '../../src/tensor/backends.js';
import { backends } from '../../src/tensor/kernels.js';
import { train } from '../../src/training/train.js';
import { mnistImages } from '../helpers/mnist.js';
import { mnistSpec } from '../helpers/networks.js';

const mnist = await mnistImages(1600, 1000);

for (const rule of ['bp', 'fa'] as const) {
  test(`${rule}: an epoch on each backend ends within 0.5 points of the same accuracy`, async (t) => {
    const correct: number[] = [];
    for (const backend of backends) {
      const network = createNetwork(mnistSpec, { rule, kernels: await loadKernels(backend) });
      train(network, mnist.train, { epochs: 1, optimizer: 'adam', learningRate: 0.003, batchSize: 4 });
      correct.push(countCorrect(network, mnist.test, solo()));
    }
    t.ok(Math.min(...correct) > 0.5 * mnist.test.count, `learnt: ${correct} of ${mnist.test.count}`);
    t.ok(Math.abs(correct[0] - correct[1]) <= 0.005 * mnist.test.count, `${correct} of ${mnist.test.count}`);
  });
}
