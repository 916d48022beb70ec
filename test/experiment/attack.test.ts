import { test } from 'tap';
import type { AttackName } from '../../src/attacks/index.js';
import { configFrom } from '../../src/commands/options.js';
import { solo } from '../../src/crew/crew.js';
import { attackStep, transferEpsilons, transferPiece } from '../../src/experiment/attack.js';
import type { RunContext } from '../../src/experiment/context.js';
import { silent } from '../../src/experiment/progress.js';
import { createNetwork } from '../../src/models/create.js';
import { Desk } from '../../src/parallel/desk.js';
import type { AttackJob } from '../../src/parallel/messages.js';
import { tasks } from '../../src/parallel/tasks.js';
import { loadKernels } from '../../src/tensor/backends.js';
import { tensor } from '../../src/tensor/tensor.js';
import { train } from '../../src/training/train.js';
import { mnistImages } from '../helpers/mnist.js';
import { mnistSpec as spec, weightsOf } from '../helpers/networks.js';

const images = await mnistImages(600, 100);
const kernels = await loadKernels('simd');
const network = createNetwork(spec, { rule: 'bp', seed: 1, kernels });
train(network, images.train, { epochs: 1 });
const desk = new Desk(kernels);

/** Every piece of the work is made anew. */
const unkept = { piece: (_decides: unknown, _format: unknown, make: () => Promise<unknown>) => make() };

/** A network's curves under an attack in a run of the given seed: the network itself and the images stay the same. */
async function curvesOf(attack: AttackName, seed: number): Promise<string> {
  const options = { attacks: attack, seed: `${seed}`, epsilons: '0.02,0.05,0.1,0.15', iterations: '2' };
  const context = {
    config: configFrom('mnist', options, 'simd'),
    dataset: { test: images.test },
    pool: { run: async (_task: 'attack', job: AttackJob) => [tasks.attack(job, solo(), desk)] },
    kept: unkept,
    progress: silent,
  } as unknown as RunContext;
  const shared = { spec, rule: 'bp', ...network.parameters } as const;
  const networks = new Map([['bp', { network: shared, trainSeconds: 1, correct: 1 }]] as const);
  return JSON.stringify(await attackStep(context, 'bp', networks));
}

for (const attack of ['pgd', 'uniform-noise', 'sign-noise'] as const) {
  test(`what is random in ${attack} follows the run's seed`, async (t) => {
    const one = await curvesOf(attack, 1);
    t.equal(await curvesOf(attack, 1), one, 'the same seed');
    const others = [await curvesOf(attack, 2), await curvesOf(attack, 3), await curvesOf(attack, 4)];
    t.ok(
      others.some((other) => other !== one),
      'another seed',
    );
  });
}

test('attacks without chance are the same for every seed', async (t) => {
  for (const attack of ['fgsm', 'bim', 'mi-fgsm'] as const) {
    t.equal(await curvesOf(attack, 2), await curvesOf(attack, 1), attack);
  }
});

test('many networks are shown each other’s examples at three epsilons, and their own at all', async (t) => {
  const names = ['bp', 'fa', 'kp', 'wm'] as const;
  const networks = new Map(
    names.map((rule) => {
      const { parameters } = rule === 'bp' ? network : createNetwork(spec, { rule, seed: 1, kernels });
      return [
        rule,
        { network: { spec, rule, ...parameters }, trainSeconds: 1, correct: 50, cleanAccuracy: 0.5 },
      ] as const;
    }),
  );
  const context = {
    config: configFrom('mnist', { attacks: 'fgsm', epsilons: '0,0.05,0.1,0.2,0.3,0.6' }, 'simd'),
    dataset: { test: images.test },
    pool: { run: async (_task: 'attack', job: AttackJob) => [tasks.attack(job, solo(), desk)] },
    kept: unkept,
    progress: silent,
  } as unknown as RunContext;
  const curves = await attackStep(context, 'bp', networks);
  t.same(
    curves.map(({ target, points }) => [target, points.map(({ epsilon }) => epsilon)]),
    [
      ['bp', [0, 0.05, 0.1, 0.2, 0.3, 0.6]],
      ['fa', [0.05, 0.1, 0.3]],
      ['kp', [0.05, 0.1, 0.3]],
      ['wm', [0.05, 0.1, 0.3]],
    ],
  );
  const few = await attackStep(context, 'bp', new Map([...networks].slice(0, 2)));
  t.equal(few[1].points.length, 6);
  const at = (epsilon: number) => few[1].points.find((point) => point.epsilon === epsilon);
  t.same(curves[1].points, [at(0.05), at(0.1), at(0.3)], 'and count the same');
});

test('the three are the smallest, middle and largest at which an image is still itself', async (t) => {
  t.same(transferEpsilons([0, 0.1, 0.2, 0.3, 0.4, 0.5, 1]), [0.1, 0.2, 0.4]);
  t.same(transferEpsilons([0, 0.1, 0.3, 0.5, 1]), [0.1, 0.3]);
  t.same(transferEpsilons([0, 0.2]), [0.2]);
  t.same(transferEpsilons([0, 0.5, 1]), [1]);
  t.same(transferEpsilons([0]), [0]);
});

test('each curve states the loss that its attack maximises, and counts that loss’s zero gradients', async (t) => {
  const saturated = createNetwork(spec, { rule: 'bp', seed: 1, kernels });
  saturated.parameters.values.set(network.parameters.values);
  const last = weightsOf(saturated, 'fc3.weight');
  for (let i = 0; i < last.length; i++) last[i] *= 1e6; // no softmax has a gradient left, the margin has
  const all = 'bim,fab,square,spsa,apgd-t,uniform-noise';
  const pixels = images.test.pixels.subarray(0, 20 * 784);
  const labels = saturated.predict(
    tensor(
      Float32Array.from(pixels, (byte) => byte / 255),
      [20, 1, 28, 28],
    ),
  );
  const curvesUnder = async (loss: string, attacks = all) => {
    const context = {
      config: configFrom('mnist', { attacks, loss, epsilons: '0.5', iterations: '1' }, 'simd'),
      dataset: { test: { pixels, labels, count: 20 } },
      pool: { run: async (_task: 'attack', job: AttackJob) => [tasks.attack(job, solo(), desk)] },
      kept: unkept,
      progress: silent,
    } as unknown as RunContext;
    const shared = { spec, rule: 'bp', ...saturated.parameters } as const;
    const networks = new Map([['bp', { network: shared, trainSeconds: 1, correct: 1 }]] as const);
    const curves = await attackStep(context, 'bp', networks);
    return Object.fromEntries(curves.map(({ attack, loss, points }) => [attack, [loss, points[0].zeroGradient]]));
  };
  const { bim, 'uniform-noise': noise, ...others } = await curvesUnder('cross-entropy');
  t.equal(bim[0], 'cross-entropy');
  t.ok((bim[1] as number) > 10, `${bim[1]} of 20 images have a cross-entropy gradient of zero`);
  const margin = ['margin', 0];
  t.same(others, { fab: margin, square: margin, spsa: margin, 'apgd-t': margin });
  t.same(noise, [null, null], 'a control maximises no loss');
  t.same(await curvesUnder('dlr', 'apgd-t,square'), { 'apgd-t': ['dlr', 0], square: margin });
});

test('counts that an earlier build kept, one of zero gradients for all attacks, are taken', async (t) => {
  const job = {
    source: { spec, rule: 'bp', ...network.parameters },
    ...{ targets: [], path: 'true', loss: 'cross-entropy', images: images.test, seed: 1 },
    plans: ['fgsm', 'bim'].map((attack) => ({ attack, options: {}, epsilons: [0.1] })),
  } as unknown as AttackJob;
  const text = JSON.stringify({ schema: 1, correct: [[[]], [[]]], zeroGradient: 3 });
  const older = transferPiece(job).parse(text, 'piece.json');
  t.same(older, { correct: [[[]], [[]]], zeroGradient: [3, 3] });
});
