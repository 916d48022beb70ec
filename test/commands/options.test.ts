import { test } from 'tap';
import { configFrom, defaultFolder } from '../../src/commands/options.js';
import type { DatasetName } from '../../src/datasets/index.js';
import { UserError } from '../../src/errors.js';
import { parseConfig, parseConfigText } from '../../src/experiment/config.js';
import { presets } from '../../src/experiment/presets.js';

const defaults = configFrom('mnist', {}, 'simd');

test('every preset of every data set makes a usable configuration', async (t) => {
  for (const dataset of Object.keys(presets) as DatasetName[]) {
    for (const [preset, { model = 'lenet5', training }] of Object.entries(presets[dataset])) {
      const config = configFrom(dataset, { preset }, 'simd');
      t.same(parseConfig(JSON.parse(JSON.stringify(config)), preset), config);
      t.match(config, { dataset, preset, model, training });
    }
  }
});

test('without options, the configuration is the paper preset on all images, defaults filled in', async (t) => {
  t.match(defaults, {
    schema: 1,
    dataset: 'mnist',
    preset: 'paper',
    seed: 1,
    trainSize: null,
    testSize: null,
    attacks: ['fgsm', 'bim', 'mi-fgsm'],
    training: { bp: { optimizer: 'adam', learningRate: 0.001 }, fa: { optimizer: 'adam', learningRate: 0.01 } },
  });
  t.same(defaults.epsilons, [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]);
  t.same(parseConfigText(JSON.stringify(defaults), 'config.json'), defaults, 'and survives being written and read');
});

test('a value may be given for all rules or for each', async (t) => {
  const all = configFrom('mnist', { lr: '0.5', epochs: '3' }, 'simd');
  t.equal(all.training.bp?.learningRate, 0.5);
  t.equal(all.training.fa?.learningRate, 0.5);
  t.equal(all.training.fa?.epochs, 3);
  const each = configFrom('mnist', { lr: 'fa=0.25', optimizer: 'bp=sgd,fa=adam' }, 'simd');
  t.equal(each.training.bp?.learningRate, 0.001, "the preset's, where nothing was said");
  t.equal(each.training.fa?.learningRate, 0.25);
  t.equal(each.training.bp?.optimizer, 'sgd');
});

test('rules and attacks can be chosen; they keep the order of their tables', async (t) => {
  const config = configFrom('mnist', { rules: 'fa', attacks: 'mi-fgsm,fgsm' }, 'simd');
  t.same(Object.keys(config.training), ['fa']);
  t.same(config.attacks, ['fgsm', 'mi-fgsm']);
});

test('a config file gives the defaults, and options change it', async (t) => {
  const base = configFrom('mnist', { seed: '7', project: false, iterations: '3' }, 'reference');
  const again = configFrom('mnist', { epochs: '1', project: true, clip: true }, 'simd', base);
  t.equal(again.seed, 7);
  t.equal(again.backend, 'reference', 'the backend is part of what is repeated');
  t.equal(again.attackOptions.project, false, 'commander says true where --no-project was not given');
  t.equal(again.attackOptions.iterations, 3);
  t.equal(again.training.bp?.epochs, 1);
  t.throws(() => configFrom('cifar10', {}, 'simd', base), /--config is for mnist/);
  t.throws(() => configFrom('mnist', { preset: 'tuned' }, 'simd', base), /give one of them/);
});

test('what is not accepted is refused with the option, the value and what is', async (t) => {
  const refused = (options: object, message: RegExp) => {
    t.throws(() => configFrom('mnist', options, 'simd'), message);
    t.throws(() => configFrom('mnist', options, 'simd'), UserError);
  };
  refused({ preset: 'best' }, /--preset "best" is not known for mnist; accepted are paper, tuned/);
  refused({ rules: 'bp,dfa' }, /"dfa" is not known; accepted are bp, fa/);
  refused({ attacks: 'pgd2' }, /"pgd2" is not known; accepted are fgsm, bim, mi-fgsm/);
  refused({ epochs: '1.5' }, /--epochs "1\.5": a whole number/);
  refused({ seed: '-1' }, /--seed "-1"/);
  refused({ lr: 'fast' }, /--lr "fast": a number is expected/);
  refused({ lr: 'bp=' }, /--lr "bp="/);
  refused({ lr: 'dfa=1' }, /"dfa=1" can't be read/);
  refused({ lr: '0' }, /learningRate/);
  refused({ optimizer: 'lion' }, /optimizer/);
  refused({ activation: 'gelu' }, /activation/);
  refused({ epochs: '0' }, /epochs/);
});

test('a file that is no configuration is refused with its name and every fault', async (t) => {
  t.throws(() => parseConfigText('{', 'my.json'), /my\.json is not JSON/);
  t.throws(() => parseConfig({ ...defaults, training: {} }, 'my.json'), /no learning rule/);
  t.throws(
    () => parseConfig({ ...defaults, schema: 2 }, 'my.json'),
    /my\.json is not a usable configuration:\s[\s\S]*schema/,
  );
  t.throws(() => parseConfig({ ...defaults, colour: 'red' }, 'my.json'), /colour/);
});

test('each kind of run has a default folder of its own', async (t) => {
  t.equal(defaultFolder(defaults, false), 'out/mnist-1');
  t.equal(defaultFolder(configFrom('mnist', { preset: 'tuned', seed: '3' }, 'simd'), false), 'out/mnist-3-tuned');
  t.equal(defaultFolder(configFrom('mnist', { quick: true }, 'simd'), true), 'out/mnist-1-quick');
});
