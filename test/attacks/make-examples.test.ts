import { test } from 'tap';
import { type Attack, attackMemory } from '../../src/attacks/attack.js';
import { attacks } from '../../src/attacks/index.js';
import { isWithin, makeExamples } from '../../src/attacks/make-examples.js';
import { perturb } from '../../src/attacks/perturb.js';
import { losses } from '../../src/losses/index.js';
import { transferCounts } from '../../src/metrics/adversarial-accuracy.js';
import { ExampleMaker } from '../../src/metrics/examples.js';
import { Network } from '../../src/models/network.js';
import { networkOracle } from '../../src/models/oracle.js';
import { loadKernels } from '../../src/tensor/backends.js';
import { stream } from '../../src/tensor/random.js';
import { referenceKernels } from '../../src/tensor/reference.js';
import { tensor } from '../../src/tensor/tensor.js';
import { sameBits } from '../helpers/arrays.js';
import { reluModel } from './small-models.js';

const shape = [1, 7, 7];
const n = 40;
const network = reluModel(shape, 3);
const random = stream(4).split('exact examples');
/** Bytes and other numbers; some black, some white. */
const images = Float32Array.from({ length: n * 49 }, (_, p) => {
  if (p % 7 === 0) return random.integer(0, 1);
  return p % 2 === 0 ? random.integer(0, 255) / 255 : random.uniform();
});
const labels = network.predict(tensor(images, [n, ...shape]));
const epsilons = [8 / 255, 4 / 255, 0.1, 0.2, 0.3, 1e-3, 0.5, 1, ...Array.from({ length: 8 }, () => random.uniform())];
const budget = { iterations: 5, queries: 20, samples: 8, restarts: 2 };

/** Pixels for which `abs(x_adv - x) <= float32(epsilon)` or `0 <= x_adv <= 1` is false in NumPy's float32. */
const outside = (adversarial: ArrayLike<number>, epsilon: number): number => {
  const radius = Math.fround(epsilon);
  let found = 0;
  for (let p = 0; p < adversarial.length; p++) {
    const distance = Math.abs(Math.fround(adversarial[p] - images[p]));
    if (!(distance <= radius && adversarial[p] >= 0 && adversarial[p] <= 1)) found++;
  }
  return found;
};

for (const [name, attack] of Object.entries<Attack>(attacks)) {
  test(`${name}: no example exceeds ε by a rounding, as NumPy computes it in float32: BIM's did by 2.8·10⁻⁸`, async (t) => {
    const oracle = networkOracle(network, { path: 'true', loss: losses.margin }, n);
    const maker = (own: typeof network) => new ExampleMaker(own, n);
    const simd = await loadKernels('simd');
    const values = simd.alloc(network.parameters.values.length);
    values.set(network.parameters.values);
    const feedback = simd.alloc(0);
    const makers = [maker(network), maker(new Network(network.layers, network.rule, simd, { values, feedback }))];
    for (const epsilon of epsilons) {
      const { data } = perturb(attack, tensor(images, [n, ...shape]), labels, oracle, { ...budget, epsilon });
      t.equal(outside(data, epsilon), 0, `perturb, ε = ${epsilon}`);
      for (const each of makers) {
        const settings = { ...budget, attack, epsilon, path: 'true', loss: losses.margin, seed: 1 } as const;
        t.equal(outside(each.make(images, labels, 0, settings).adversarial, epsilon), 0, `ε = ${epsilon}`);
      }
    }
    for (const each of makers) each.release();
  });
}

/** Moves every pixel by the same, whatever ε is. */
const shifting = (by: (epsilon: number) => number): Attack<'nothing'> => ({
  ...attacks['sign-noise'],
  run({ images: clean, n: count }, { epsilon }, { size }, adversarial) {
    for (let p = 0; p < count * size; p++) adversarial[p] = clean[p] + by(epsilon);
  },
});

test('an added attack that leaves the ball and the pixel range by its rounding is made exact too', (t) => {
  for (const epsilon of epsilons) {
    for (const sign of [1, -1]) {
      const rounded: Attack<'nothing'> = {
        ...attacks.grey,
        run({ images: clean, n: count }, { epsilon: radius }, { size }, adversarial) {
          for (let p = 0; p < count * size; p++) {
            const inRange = Math.min(1, Math.max(0, clean[p] + sign * radius));
            adversarial[p] = inRange + sign * 3e-7 * random.uniform();
          }
        },
      };
      const { data } = perturb(rounded, tensor(images, [n, ...shape]), labels, undefined, { epsilon });
      t.equal(outside(data, epsilon), 0, `ε = ${epsilon}`);
      const moved = data.some((pixel, p) => Math.abs(pixel - images[p]) > 0.9 * epsilon);
      t.ok(moved, 'and it is still an attack');
    }
  }
  t.end();
});

test('what lies further out than rounding explains stays: a fault to be seen, or asked for', (t) => {
  const far = shifting((epsilon) => 2 * epsilon);
  const options = { epsilon: 0.01 };
  const { data } = perturb(far, tensor(images, [n, ...shape]), labels, undefined, options);
  t.ok(data.every((pixel, p) => pixel === Math.fround(images[p] + 0.02)));
  const near = shifting((epsilon) => epsilon + 2e-7);
  const asked = perturb(near, tensor(images, [n, ...shape]), labels, undefined, { ...options, project: false });
  const expected = images.map((pixel) => Math.min(1, pixel + (0.01 + 2e-7)));
  const outOfRange = asked.data.filter((pixel, p) => pixel <= 1 && pixel !== expected[p]).length;
  t.equal(outOfRange, 0, 'project: false asks for steps that end outside the ball');
  t.end();
});

test('NaN stays NaN, and no pixel inside the ball is moved', (t) => {
  const inside = Float32Array.from(images, (pixel, p) => (p % 5 === 0 ? Number.NaN : Math.min(1, pixel + 0.05)));
  const given: Attack<'nothing'> = { ...attacks.grey, run: (_, __, ___, adversarial) => adversarial.set(inside) };
  const made = new Float32Array(images.length);
  const target = { images, labels, n, shape, gradient: () => images };
  makeExamples(given, target, { epsilon: 0.1 }, attackMemory(referenceKernels(), n, 49), made);
  t.ok(sameBits(made, inside));
  t.end();
});

test('the examples that a curve counts are the exact ones', (t) => {
  const oracle = networkOracle(network, { path: 'true', loss: losses.margin }, n);
  const counted: number[] = [];
  const count = (x: Float32Array) => {
    counted.push(outside(x, 0.3));
    return 0;
  };
  const target = { images, labels, n, shape, gradient: oracle.gradient, oracle };
  const plans = Object.values<Attack>(attacks).map((attack) => ({ attack, options: budget, epsilons: [0.3] }));
  transferCounts(target, plans, [count], attackMemory(referenceKernels(), n, 49), new Float32Array(images.length));
  t.same(
    counted,
    plans.map(() => 0),
  );
  t.end();
});

test('within ε is told in float32: a sum x + ε often rounds to a number that is further away', (t) => {
  const radius = Math.fround(0.3);
  const starts = Array.from({ length: 1000 }, () => Math.fround(0.7 * random.uniform()));
  const tooFar = starts.filter((x) => !isWithin(Math.fround(x + radius), x, radius));
  t.ok(tooFar.length > 50, `${tooFar.length} of 1,000 sums`);
  t.ok(starts.every((x) => isWithin(x, x, 0)));
  t.end();
});
