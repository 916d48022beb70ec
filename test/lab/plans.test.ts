import { test } from 'tap';
import { datasets } from '../../src/datasets/index.js';
import { presetNamed, trainingOf } from '../../src/experiment/presets.js';
import { plans, spec } from '../../src/lab/plans.js';
import { networkSpec } from '../../src/models/create.js';

test('the page’s plans are the main job’s presets for MNIST', async (t) => {
  for (const [name, plan] of Object.entries(plans)) {
    const preset = presetNamed('mnist', name);
    t.equal(plan.initializer, preset.initializer, name);
    for (const rule of ['bp', 'fa'] as const) {
      const { optimizer, learningRate } = trainingOf(preset, rule);
      t.same([plan.optimizer, plan.learningRate(rule)], [optimizer, learningRate], `${name}, ${rule}`);
    }
  }
});

test('and its network is the main job’s', async (t) => {
  t.same(spec, networkSpec(await datasets.mnist.load()));
});
