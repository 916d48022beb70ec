import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'tap';
import { type ConfigOptions, configFrom, defaultFolder } from '../../src/commands/options.js';
import { values } from '../../src/commands/values.js';
import { type DatasetName, datasets } from '../../src/datasets/index.js';
import { UserError } from '../../src/errors.js';
import { parseConfig, parseConfigText, type TrainingConfig } from '../../src/experiment/config.js';
import { defaultPreset, presetsOf, trainingOf } from '../../src/experiment/presets.js';
import { type RuleName, rules } from '../../src/rules/index.js';
import type { LearningRule } from '../../src/rules/rule.js';

const defaults = configFrom('mnist', {}, 'simd');

test('every preset of every data set makes a usable configuration', async (t) => {
  for (const dataset of Object.keys(datasets) as DatasetName[]) {
    for (const [preset, { model = 'lenet5', training }] of Object.entries(presetsOf(dataset))) {
      const config = configFrom(dataset, { preset, rules: Object.keys(rules).join(',') }, 'simd');
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

test('rules are those of the paper unless said, and a rule that a preset has no settings for gets those it trains like', async (t) => {
  t.same(Object.keys(defaults.training), ['bp', 'fa']);
  const training = { bp: defaults.training.bp as TrainingConfig, fa: defaults.training.fa as TrainingConfig };
  const like = (rule: Partial<LearningRule>) => {
    const table: Record<string, LearningRule> = rules;
    table.mine = { ...rules.bp, ...rule };
    try {
      return trainingOf({ summary: '', initializer: 'kaiming-uniform', training }, 'mine' as RuleName);
    } finally {
      delete table.mine;
    }
  };
  t.equal(like({}), training.bp, 'no feedback weights');
  t.equal(like({ usesFeedback: true }), training.fa);
  t.equal(like({ usesFeedback: true, trainsLike: 'bp' }), training.bp);
  t.equal(like({ trainsLike: 'fa' }), training.fa);
});

test('a data set without presets has a general one', async (t) => {
  const table: Record<string, unknown> = datasets;
  table.mine = datasets.mnist;
  t.teardown(() => delete table.mine);
  t.same(Object.keys(presetsOf('mine' as DatasetName)), ['general']);
  t.equal(defaultPreset('mine' as DatasetName), 'general');
  t.equal(defaultPreset('cifar10'), 'paper');
});

test('rules and attacks can be chosen; they keep the order of their tables', async (t) => {
  const config = configFrom('mnist', { rules: 'fa', attacks: 'mi-fgsm,fgsm' }, 'simd');
  t.same(Object.keys(config.training), ['fa']);
  t.same(config.attacks, ['fgsm', 'mi-fgsm']);
});

test('lists of a file may be in any order, with repeats: they mean what the command line would make of them', async (t) => {
  const { bp, fa } = defaults.training;
  const written = {
    ...defaults,
    training: { fa, bp },
    attacks: ['mi-fgsm', 'fgsm', 'mi-fgsm', 'pgd'],
    epsilons: [0.3, 8 / 255, 0.3, -0, 1, 0],
    paths: ['true', 'feedback', 'true'],
  };
  const config = parseConfigText(JSON.stringify(written).replace('0.3,', '0.3,-0,'), 'config.json');
  const options = { attacks: 'pgd,mi-fgsm,fgsm', epsilons: '1,0.3,0,8/255', path: 'true,feedback' };
  const said = configFrom('mnist', options, 'simd');
  t.equal(JSON.stringify(config), JSON.stringify(said), 'the same text, so the order too');
  t.strictSame(config, said);
  t.same(config.epsilons, [0, 8 / 255, 0.3, 1]);
  t.ok(Object.is(config.epsilons[0], 0), 'not −0');
});

test('a config.json of version 0.1 still means the run that it meant', async (t) => {
  const text = readFileSync('test/fixtures/config-0.1.json', 'utf8');
  t.strictSame(parseConfigText(text, 'config-0.1.json'), defaults);
});

test('--quick takes all data of one’s own, which may be fewer images than a quick run has', (t) => {
  t.match(configFrom('mnist', { quick: true }, 'simd'), { trainSize: 20_000, testSize: 1000 });
  const own = { trainSize: null, testSize: null, training: { bp: { epochs: 2 } } };
  t.match(configFrom('mnist', { quick: true, data: 'mine' }, 'simd'), own);
  t.match(configFrom('folder', { quick: true, data: 'mine' }, 'simd'), own);
  t.match(configFrom('folder', { quick: true, data: 'mine', trainSize: '7' }, 'simd'), {
    trainSize: 7,
    testSize: null,
  });
  t.end();
});

test('--quick makes small what a config file says, but for what is small already or said beside it', async (t) => {
  const quick = configFrom('mnist', { quick: true }, 'simd');
  const small = (options: ConfigOptions, more: ConfigOptions = {}) =>
    configFrom('mnist', { ...more, quick: true }, 'simd', configFrom('mnist', options, 'simd'));
  t.strictSame(small({}), quick, "a whole run's file");
  t.strictSame(small({ seed: '3' }), configFrom('mnist', { quick: true, seed: '3' }, 'simd'));
  t.strictSame(small({ preset: 'tuned' }), configFrom('mnist', { preset: 'tuned', quick: true }, 'simd'));
  t.match(small({ epochs: 'bp=9,fa=1', trainSize: '30000', testSize: '300', epsilons: '0,0.3' }), {
    training: { bp: { epochs: 2 }, fa: { epochs: 1 } },
    trainSize: 20_000,
    testSize: 300,
    epsilons: [0, 0.3],
  });
  const radii = Array.from({ length: 9 }, (_, i) => i / 255);
  t.same(small({ epsilons: '0:8/255:1/255' }).epsilons.length, 5, 'as many radii as otherwise');
  t.ok(
    small({ epsilons: '0:8/255:1/255' }).epsilons.every((epsilon) =>
      radii.some((one) => Math.abs(one - epsilon) < 1e-9),
    ),
  );
  t.match(small({}, { epochs: '5', trainSize: '40000', testSize: '2000', epsilons: '0:1:0.05' }), {
    training: { bp: { epochs: 5 } },
    trainSize: 40_000,
    testSize: 2000,
    epsilons: { length: 21 },
  });
});

test("a folder of data is kept by its whole path, a file's too", async (t) => {
  t.equal(defaults.data, null);
  const config = configFrom('mnist', { data: 'mine' }, 'simd');
  t.equal(config.data, join(process.cwd(), 'mine'));
  t.equal(configFrom('mnist', {}, 'simd', { ...defaults, data: '../other' }).data, join(process.cwd(), '..', 'other'));
  t.throws(() => configFrom('mnist', { data: '' }, 'simd'), /--data "": the path of a folder is expected/);
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
  refused({ rules: 'bp,nosuch' }, /"nosuch" is not known; accepted are bp, fa/);
  refused({ attacks: 'pgd2' }, /"pgd2" is not known; accepted are fgsm, bim, mi-fgsm/);
  refused({ epochs: '1.5' }, /--epochs "1\.5": must be a whole number of 1 or more\. Try --epochs 8\./);
  refused({ seed: '-1' }, /--seed "-1"/);
  refused({ lr: 'fast' }, /--lr "fast": must be a number above 0\. Try --lr 0\.01\./);
  refused({ lr: 'bp=' }, /--lr "bp="/);
  refused({ lr: 'nosuch=1' }, /"nosuch=1" can't be read; accepted is one value for all, or bp=VALUE,fa=VALUE/);
  refused({ lr: 'bp=1,bp=2' }, /"bp=2" can't be read.* at most once/);
  refused({ rules: 'bp', lr: 'fa=0.1' }, /--lr "fa=0.1": fa is not among the rules that are trained, which are bp\./);
  refused({ epochs: 'bp=1,dfa=x' }, /dfa is not among .* bp, fa\..* --rules bp,fa,dfa\./);
  refused({ lr: '0' }, /--lr "0": must be a number above 0\./);
  refused({ seed: '4294967296' }, /--seed "4294967296": must be a whole number from 0 to 4294967295\./);
  refused({ optimizer: 'lion' }, /--optimizer "lion" is not known; accepted are sgd, adam\. Try --optimizer /);
  refused({ activation: 'gelu' }, /--activation "gelu" is not known; accepted are relu, .*\. Try --activation relu\./);
  refused({ epochs: '0' }, /--epochs "0": must be a whole number of 1 or more\./);
});

test('numbers are read in the forms that the help names and no others, by every option that takes one', async (t) => {
  const whole = ['iterations', 'epochs', 'batchSize', 'trainSize', 'testSize', 'seed'];
  const decimal = ['momentum', 'stepSize', 'lr', 'warmup', 'sgdMomentum', 'weightDecay'];
  const byRule = ['epochs', 'batchSize', 'lr', 'warmup', 'sgdMomentum', 'weightDecay'];
  const foreign = ['', ' 5 ', '0x10', 'Infinity', 'NaN', '-0', '-1', '+1', '5.', '1e400', '1_0'];
  const refused = (options: ConfigOptions, option: string) => {
    const flag = `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    t.throws(() => configFrom('mnist', options, 'simd'), { name: 'UserError', message: new RegExp(`^${flag} "`) });
  };
  for (const option of [...whole, ...decimal]) for (const text of foreign) refused({ [option]: text }, option);
  for (const option of whole)
    for (const text of ['1.5', '1e1', '9007199254740993']) refused({ [option]: text }, option);
  for (const option of byRule)
    for (const text of ['0x10', '-0', 'Infinity', '']) refused({ [option]: `fa=${text}` }, option);
  for (const text of foreign) t.throws(() => values.workers.read(text), /^--workers "/);
});

test('a file that is no configuration is refused with its name and every fault', async (t) => {
  t.throws(() => parseConfigText('{', 'my.json'), /my\.json is not JSON/);
  t.throws(
    () => parseConfig({ ...defaults, training: {} }, 'my.json'),
    /no learning rule is named; accepted are bp, fa/,
  );
  t.throws(
    () => parseConfig({ ...defaults, schema: 2 }, 'my.json'),
    /my\.json is not a usable configuration:\s[\s\S]*schema/,
  );
  t.throws(() => parseConfig({ ...defaults, colour: 'red' }, 'my.json'), /colour/);
  t.throws(() => parseConfig({ ...defaults, data: '/images\0' }, 'my.json'), /data.*null character/);
});

test('each kind of run has a default folder of its own', async (t) => {
  t.equal(defaultFolder(defaults, false), 'out/mnist-1');
  t.equal(defaultFolder(configFrom('mnist', { preset: 'tuned', seed: '3' }, 'simd'), false), 'out/mnist-3-tuned');
  t.equal(defaultFolder(configFrom('mnist', { quick: true }, 'simd'), true), 'out/mnist-1-quick');
});
