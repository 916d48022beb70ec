import { test } from 'tap';
import { type RuleName, rules } from '../../src/core.js';
import { datasets } from '../../src/datasets/index.js';
import { presetNamed, trainingOf } from '../../src/experiment/presets.js';
import { noteOn, type Plan, plans, ruleTraining, specWith } from '../../src/lab/plans.js';
import { networkSpec } from '../../src/models/create.js';

test('the page’s plans are the main job’s presets for MNIST', async (t) => {
  for (const [name, plan] of Object.entries<Plan>(plans)) {
    const preset = presetNamed('mnist', name);
    t.same([plan.initializer, plan.activation], [preset.initializer, preset.activation ?? 'relu'], name);
    for (const rule of Object.keys(rules) as RuleName[]) {
      const { optimizer, learningRate, warmupEpochs, decoupledDecay } = trainingOf(preset, rule);
      t.same(ruleTraining(plan, rule), { optimizer, learningRate, warmupEpochs, decoupledDecay }, `${name}, ${rule}`);
    }
  }
});

test('and its network is the main job’s', async (t) => {
  t.same(specWith('relu'), networkSpec(await datasets.mnist.load()));
});

test('where a plan asks for patience, or a rule for another plan, it is said', (t) => {
  for (const plan of Object.values(plans)) {
    t.match(noteOn(plan, 'kp'), /^KP’s learning rate rises from 0 over the first 157 mini-batches/);
    for (const rule of ['bp', 'fa', 'dfa', 'wm'] as const) t.equal(noteOn(plan, rule), undefined, rule);
  }
  t.match(noteOn(plans.tuned, 'drtp'), /choose the preset tanh/);
  t.equal(noteOn(plans.tanh, 'drtp'), undefined);
  t.end();
});
