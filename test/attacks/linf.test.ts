import fc from 'fast-check';
import { test } from 'tap';
import { type Attack, attackMemory } from '../../src/attacks/attack.js';
import { attacks } from '../../src/attacks/index.js';
import { isZero } from '../../src/attacks/linf.js';
import { loadKernels } from '../../src/tensor/backends.js';
import type { ClassIndices } from '../../src/tensor/class-indices.js';
import { Heap } from '../../src/tensor/heap.js';
import { backends } from '../../src/tensor/kernels.js';
import { referenceKernels } from '../../src/tensor/reference.js';
import { sameBits } from '../helpers/arrays.js';
import { attacked, batchGradient, patchy, victims, wavy } from '../helpers/attacks.js';
import { anySeed, assert, forAll, sizeUpTo } from '../helpers/cases.js';

const signAttacks: Record<string, Attack> = { fgsm: attacks.fgsm, bim: attacks.bim, 'mi-fgsm': attacks['mi-fgsm'] };
/** The distance between float32 numbers just below 1, the largest that pixels have. */
const ULP = 2 ** -24;

for (const backend of backends) {
  const kernels = await loadKernels(backend, new Heap());
  for (const [name, attack] of Object.entries(signAttacks)) {
    test(`${backend}: ${name} stays within ε + 2⁻²⁴ of the clean image, and in [0, 1]`, async () => {
      const cases = fc.record({
        n: sizeUpTo(4, 1),
        size: sizeUpTo(9, 1),
        seed: anySeed,
        epsilon: fc.double({ min: 0, max: 1.5, noNaN: true }),
        iterations: sizeUpTo(12, 1),
        stepSize: fc.option(fc.double({ min: 0, max: 3, noNaN: true }), { nil: undefined }),
        momentum: fc.double({ min: 0, max: 1.5, noNaN: true }),
      });
      forAll(150, cases, ({ n, size, seed, ...options }) => {
        const target = victims(n, size, seed, wavy);
        const result = attacked(attack, target, options, kernels);
        result.forEach((value, p) => {
          const distance = Math.abs(value - target.images[p]);
          assert(distance <= options.epsilon + ULP, `pixel ${p} is ${distance} away, ε = ${options.epsilon}`);
          assert(value >= 0 && value <= 1, `pixel ${p} is ${value}`);
        });
      });
    });
  }
}

for (const [name, attack] of Object.entries(signAttacks)) {
  test(`${name}: ε = 0 gives the clean images back, bit for bit`, async (t) => {
    const target = victims(3, 8, 1, wavy);
    t.ok(sameBits(attacked(attack, target, { epsilon: 0 }), target.images));
    t.ok(sameBits(attacked(attack, target, { epsilon: 0, iterations: 3 }), target.images));
  });

  test(`${name}: an image comes out the same alone, in any company, in any place`, async (t) => {
    const whole = victims(6, 7, 5, patchy);
    const together = attacked(attack, whole, { epsilon: 0.4 });
    for (let i = 0; i < 6; i++) {
      const alone = {
        ...whole,
        images: whole.images.slice(7 * i, 7 * i + 7),
        labels: whole.labels.slice(i, i + 1),
      };
      t.ok(sameBits(attacked(attack, alone, { epsilon: 0.4 }), together.slice(7 * i, 7 * i + 7)), `image ${i}`);
    }
  });

  test(`${name}: images and labels are left as they are, and so is what lies behind the batch`, async (t) => {
    const target = victims(4, 6, 7, patchy);
    const [images, labels] = [target.images.slice(), target.labels.slice()];
    const adversarial = new Float32Array(5 * 6).fill(77);
    const given = { images, labels, n: 4, gradient: batchGradient(target) };
    attack.run(given, { epsilon: 0.3 }, attackMemory(referenceKernels(), 5, 6), adversarial);
    t.ok(sameBits(images, target.images));
    t.same([...labels], [...target.labels]);
    t.ok(adversarial.subarray(24).every((value) => value === 77));
    t.ok(adversarial.subarray(0, 24).every((value) => value >= 0 && value <= 1));
  });

  test(`${name}: a clean gradient that is known already saves one gradient and changes nothing`, async (t) => {
    const target = victims(4, 6, 8, wavy);
    const run = (known: boolean) => {
      let calls = 0;
      const gradient = batchGradient(target);
      const { images, labels } = target;
      const counted: typeof gradient = (...given) => {
        calls++;
        return gradient(...given);
      };
      const cleanGradient = known ? gradient(images, labels, 4).slice() : undefined;
      const adversarial = new Float32Array(24);
      const memory = attackMemory(referenceKernels(), 4, 6);
      attack.run({ images, labels, n: 4, gradient: counted, cleanGradient }, { epsilon: 0.3 }, memory, adversarial);
      return { calls, adversarial };
    };
    t.equal(run(true).calls, run(false).calls - 1);
    t.ok(sameBits(run(true).adversarial, run(false).adversarial));
  });

  test(`${name}: one memory serves one batch after the other, larger and smaller ones`, async (t) => {
    const memory = attackMemory(referenceKernels(), 6, 5);
    for (const n of [6, 2, 5]) {
      const target = victims(n, 5, n, patchy);
      const adversarial = new Float32Array(n * 5);
      const given = { images: target.images, labels: target.labels, n, gradient: batchGradient(target) };
      attack.run(given, { epsilon: 0.3 }, memory, adversarial);
      t.ok(sameBits(adversarial, attacked(attack, target, { epsilon: 0.3 })), `${n} images`);
    }
  });
}

test('the network is no longer shown images whose gradient is zero', async (t) => {
  const shown: number[] = [];
  const target = victims(5, 3, 1, (x, label) => x.map(() => (label === 1 || label === 3 ? 0 : 1)));
  const gradient = batchGradient(target);
  const adversarial = new Float32Array(15);
  const given = {
    images: target.images,
    labels: target.labels,
    n: 5,
    gradient: (x: Float32Array, labels: ClassIndices, n: number) => {
      shown.push(n);
      return gradient(x, labels, n);
    },
  };
  attacks.bim.run(given, { epsilon: 0.1, iterations: 3 }, attackMemory(referenceKernels(), 5, 3), adversarial);
  t.same(shown, [5, 3, 3]);
  for (const i of [1, 3]) t.ok(sameBits(adversarial.slice(3 * i, 3 * i + 3), target.images.slice(3 * i, 3 * i + 3)));
});

test('zero means zero in every place, of either sign; the smallest number is not zero', async (t) => {
  t.equal(isZero(Float32Array.of(1, 0, -0, 1), 1, 3), true);
  t.equal(isZero(Float32Array.of(0, 1e-45), 0, 2), false);
  t.equal(isZero(Float32Array.of(0, Number.NaN), 0, 2), false);
  t.equal(isZero(Float32Array.of(1), 0, 0), true);
});

test('the attacks of the paper are in the table, with the labels of its figures', async (t) => {
  t.same(
    Object.values(signAttacks).map(({ label }) => label),
    ['FGSM', 'BIM', 'MI-FGSM'],
  );
});
