import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { test } from 'tap';
import { presetNamed, trainingOf } from '../../src/experiment/presets.js';
import { losses } from '../../src/losses/index.js';
import { saveNetwork } from '../../src/models/checkpoint.js';
import { Tracer } from '../../src/models/tracer.js';
import { loadKernels } from '../../src/tensor/backends.js';
import { imageBatch } from '../../src/tensor/images.js';
import { mnistImages } from '../helpers/mnist.js';
import { lenetOf, mnistSpec } from '../helpers/networks.js';

const cli = fileURLToPath(new URL('../../src/cli.js', import.meta.url));
const inspect = (cwd: string, ...args: string[]) =>
  promisify(execFile)(process.execPath, [cli, 'inspect', ...args], { cwd, maxBuffer: 1e8 }).catch((error) => error);

/** A folder as a run leaves it, with networks fresh from their initial weights. */
const config = {
  schema: 1,
  dataset: 'mnist',
  data: null,
  preset: 'tuned',
  seed: 1,
  trainSize: 100,
  testSize: 100,
  model: 'lenet5',
  activation: 'relu',
  initializer: 'kaiming-uniform',
  training: Object.fromEntries(
    (['bp', 'fa'] as const).map((rule) => [rule, trainingOf(presetNamed('mnist', 'tuned'), rule)]),
  ),
  attacks: ['bim'],
  epsilons: [0],
  paths: ['feedback'],
  loss: 'cross-entropy',
  attackOptions: { iterations: null, stepSize: null, momentum: null, project: true, clip: true },
  backend: 'simd',
};

test('inspect tells the trace of each network of a run', async (t) => {
  const kernels = await loadKernels();
  const networks = { bp: lenetOf('bp', kernels), fa: lenetOf('fa', kernels) };
  const bytes = (rule: 'bp' | 'fa') => Buffer.from(saveNetwork(mnistSpec, rule, networks[rule].parameters));
  const cwd = t.testdir({
    run: { 'config.json': JSON.stringify(config), 'bp.safetensors': bytes('bp'), 'fa.safetensors': bytes('fa') },
  });
  const { test: images } = await mnistImages(1, 10);
  const { images: pixels, labels } = imageBatch(images, [1, 28, 28], 7, 1);

  const { stdout } = await inspect(cwd, 'run', '--image', '7', '--json', '--at', 'conv1.weight[3,0,2,2]');
  const found = JSON.parse(stdout);
  t.equal(found.label, 9);
  t.equal(found.classes[9], '9', 'what the label means');
  for (const rule of ['bp', 'fa'] as const) {
    const { loss, layers, logits } = new Tracer(networks[rule]).trace(pixels.data, labels[0], losses['cross-entropy']);
    t.same(found.networks[rule].logits, [...logits]);
    t.equal(found.networks[rule].loss, loss);
    t.same(
      found.networks[rule].layers.map(({ error }: { error: { angle: number } }) => error.angle),
      layers.map(({ errorAngle }) => errorAngle ?? null),
    );
    const { value, terms, slope } = found.at[rule];
    const sum = terms.reduce(
      (all: number, { left, right }: Record<string, { value: number }>) => all + left.value * right.value,
      0,
    );
    t.ok(Math.abs(sum - value) < 1e-5 * Math.abs(value) + 1e-9, `${rule}: ${sum} is ${value}`);
    t.equal(slope.agrees, rule === 'bp');
  }

  const text = (await inspect(cwd, 'run', '--image', '7')).stdout;
  for (const word of ['a 9', 'Forward', 'Backward', 'conv1', 'softmax', 'BP', 'FA']) t.match(text, word);

  const attacked = JSON.parse(
    (await inspect(cwd, 'run', '--image', '7', '--json', '--epsilon', '0.2', '--attack', 'bim', '--path', 'true'))
      .stdout,
  );
  t.same(attacked.adversarial, { attack: 'bim', epsilon: 0.2, path: 'true' });
  t.ok(attacked.networks.bp.loss > found.networks.bp.loss, 'the attack made the loss grow');
});

test('bad input is told from good', async (t) => {
  const cwd = t.testdir({});
  for (const [args, message] of [
    [['nowhere'], /nowhere does not exist\. Give the folder of a run/],
    [['--image', 'x'], /--image "x"/],
    [['--attack', 'none'], /--attack "none" is not known; accepted are fgsm/],
    [['--path', 'back'], /--path "back" is not known; accepted are feedback, true/],
    [['--epsilon', '2'], /--epsilon "2": 2 is outside \[0, 1\]/],
    [['--iterations', '0'], /--iterations "0": must be a whole number of 1 or more/],
  ] as const) {
    const { code, stderr, stdout } = await inspect(cwd, ...args);
    t.equal(code, 2, args.join(' '));
    t.match(stderr, message);
    t.equal(stdout, '');
  }
});
