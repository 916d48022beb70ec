import { test } from 'tap';
import { type Attack, type AttackOptions, attackMemory } from '../../src/attacks/attack.js';
import { attacks } from '../../src/attacks/index.js';
import { makeExamples } from '../../src/attacks/make-examples.js';
import { type AttackPlan, type CorrectCounter, transferCounts } from '../../src/metrics/adversarial-accuracy.js';
import { referenceKernels } from '../../src/tensor/reference.js';
import { sameBits } from '../helpers/arrays.js';
import { attacked, batchGradient, type Victims, victims, wavy } from '../helpers/attacks.js';

const SIZE = 7;
const plans: AttackPlan[] = [
  { attack: attacks.fgsm, options: {}, epsilons: [0, 0.2] },
  { attack: attacks.bim, options: { iterations: 4 }, epsilons: [0.1, 0.2, 0.3] },
  { attack: attacks['mi-fgsm'], options: { iterations: 4, momentum: 0.5 }, epsilons: [0.3] },
];

function count(target: Victims, counters: readonly CorrectCounter[], gradient = batchGradient(target)) {
  const n = target.labels.length;
  const given = { images: target.images, labels: target.labels, n, gradient };
  return transferCounts(given, plans, counters, attackMemory(referenceKernels(), n, SIZE), new Float32Array(n * SIZE));
}

/** A target that is right about an image while its mean stays under the limit. */
const rightUnder =
  (limit: number): CorrectCounter =>
  (images, _labels, n) => {
    let correct = 0;
    for (let i = 0; i < n; i++) {
      const image = images.subarray(i * SIZE, (i + 1) * SIZE);
      if (image.reduce((sum, value) => sum + value, 0) / SIZE < limit) correct++;
    }
    return correct;
  };

/** What an attack makes of the victims, exact in the ball. */
const exactly = (attack: Attack, target: Victims, options: AttackOptions): Float32Array =>
  attacked({ ...attack, run: (...given) => makeExamples(attack, ...given) }, target, options);

test('every target is shown the same examples: those that the attack makes of the source', async (t) => {
  const target = victims(9, SIZE, 1, wavy);
  const shown: Float32Array[][] = [[], [], []];
  const counters = shown.map(
    (list): CorrectCounter =>
      (images, labels, n) => {
        t.same([...labels.subarray(0, n)], [...target.labels]);
        return list.push(images.slice(0, n * SIZE));
      },
  );
  count(target, counters);
  const expected = plans.flatMap(({ attack, options, epsilons }) =>
    epsilons.map((epsilon) => exactly(attack, target, { ...options, epsilon })),
  );
  for (const list of shown) {
    t.equal(list.length, 6, 'one batch for each attack and ε');
    list.forEach((images, i) => {
      t.ok(sameBits(images, expected[i]), `example ${i}`);
    });
  }
});

test('counts stand at [attack][ε][target]', async (t) => {
  const target = victims(9, SIZE, 2, wavy);
  const limits = [0.4, 0.5, 0.6];
  const { correct } = count(target, limits.map(rightUnder));
  t.same(
    correct,
    plans.map(({ attack, options, epsilons }) =>
      epsilons.map((epsilon) => {
        const examples = exactly(attack, target, { ...options, epsilon });
        return limits.map((limit) => rightUnder(limit)(examples, target.labels, 9));
      }),
    ),
  );
});

test('ε = 0 is clean accuracy, and images misclassified without attack count at every ε', async (t) => {
  // Pixels grow in bright images and shrink in dark ones, so that an attack turns wrong answers right too.
  const target: Victims = {
    images: Float32Array.from({ length: 4 * SIZE }, (_, i) => [0.125, 0.375, 0.625, 0.75][Math.floor(i / SIZE)]),
    labels: Uint8Array.of(0, 1, 2, 3),
    size: SIZE,
    gradient: (x, label) => x.map(() => (label < 2 ? 1 : -1)),
  };
  let shown = 0;
  const { correct } = count(target, [
    (images, labels, n) => {
      shown += n;
      return rightUnder(0.5)(images, labels, n);
    },
    () => 0,
  ]);
  t.equal(shown, 6 * 4, 'all four images each time, the two wrong ones too');
  const pairs = (...first: number[]) => first.map((correct) => [correct, 0]);
  t.same(correct[0], pairs(2, 2), 'at ε = 0.2 the second is lost and the third, wrong when clean, is won');
  t.same(correct[1], pairs(2, 2, 3), 'at 0.3 the fourth is won as well');
  t.same(correct[2], pairs(3));
});

test('zero gradients are counted exactly: every pixel, of either sign; the smallest number is one', async (t) => {
  const rows: Record<number, number[]> = {
    0: [0, 0, 0, 0, 0, 0, 0],
    1: [0, 0, 0, 0, 0, 0, 1e-45],
    2: [-0, -0, 0, 0, -0, 0, -0],
    3: [1, 0, 0, 0, 0, 0, 0],
    4: [0, 0, 0, -1e-40, 0, 0, 0],
    5: [0, 0, 0, 0, 0, 0, 0],
  };
  const target = victims(6, SIZE, 3, (_, label) => rows[label]);
  t.same(count(target, []).zeroGradient, [3, 3, 3], 'for each of the three attacks');
  t.same(count(victims(6, SIZE, 3, wavy), []).zeroGradient, [0, 0, 0]);
});

test('an image whose loss is no finite number has no gradient, rather than one of zero', async (t) => {
  const target = victims(4, SIZE, 3, () => new Array(SIZE).fill(0));
  const gradient = batchGradient(target);
  const losses = Float64Array.of(0, Number.NaN, Number.POSITIVE_INFINITY, 1);
  const oracle = { gradient, query() {}, losses, predictions: () => target.labels };
  const given = { images: target.images, labels: target.labels, n: 4, gradient, oracle };
  const memory = attackMemory(referenceKernels(), 4, SIZE);
  t.same(transferCounts(given, plans, [], memory, new Float32Array(4 * SIZE)).zeroGradient, [2, 2, 2]);
});

test('it is the clean image’s gradient that is counted, whatever becomes of it on the way', async (t) => {
  const vanishing = victims(3, SIZE, 4, () => []);
  const clean = vanishing.images;
  const target: Victims = {
    ...vanishing,
    gradient: (x, label) => {
      const moved = x.some((value, p) => value !== clean[label * SIZE + p]);
      return x.map(() => (moved ? 0 : 1));
    },
  };
  t.same(count(target, []).zeroGradient, [0, 0, 0]);
});

test('the clean gradient is computed once for all attacks and every ε', async (t) => {
  const target = victims(3, SIZE, 5, wavy);
  const gradient = batchGradient(target);
  let calls = 0;
  count(target, [], (...given) => {
    calls++;
    return gradient(...given);
  });
  t.equal(calls, 1 + 2 * 0 + 3 * 3 + 1 * 3, 'then FGSM needs none, and the others one less than their steps');
});
