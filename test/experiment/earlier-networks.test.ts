import { join } from 'node:path';
import { test } from 'tap';
import { configFrom } from '../../src/commands/options.js';
import { datasets } from '../../src/datasets/index.js';
import { runNetworks } from '../../src/experiment/finished-run.js';
import { earlierTraining, trainingImages } from '../../src/experiment/training-hash.js';
import { saveNetwork } from '../../src/models/checkpoint.js';
import { createNetwork, networkSpec } from '../../src/models/create.js';
import { firstImages } from '../../src/tensor/images.js';
import { referenceKernels } from '../../src/tensor/reference.js';

test('a finished brsf network of an earlier version is still audited under truncated-normal, with a note', async (t) => {
  const dataset = await datasets.mnist.load();
  const initializer = 'truncated-normal';
  const config = configFrom('mnist', { rules: 'brsf', initializer, trainSize: '64' }, 'simd');
  const earlier = earlierTraining(config, 'brsf', trainingImages(firstImages(dataset.train, 64)));
  const spec = networkSpec(dataset, config);
  const { parameters } = createNetwork(spec, { rule: 'brsf', initializer });
  const folder = t.testdir({
    'brsf.safetensors': saveNetwork(spec, 'brsf', parameters, { trainingHash: earlier?.hash ?? '' }),
  });
  const said: string[] = [];
  const networks = await runNetworks(folder, config, dataset, referenceKernels(), (line) => said.push(line));
  t.same([...networks.keys()], ['brsf']);
  t.same(said, [`${join(folder, 'brsf.safetensors')}: ${earlier?.difference}.`]);
});
