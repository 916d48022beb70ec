import { test } from 'tap';
import type { Attack } from '../../src/attacks/attack.js';
import { attacks, paperAttacks } from '../../src/attacks/index.js';
import { tensor } from '../../src/tensor/tensor.js';
import { largestDifference, pixels, sameBits } from '../helpers/arrays.js';
import { weightsOf } from '../helpers/networks.js';
import { reluModel, runAttack } from './small-models.js';

const shape = [1, 5, 5];
const n = 9;
const network = reluModel(shape, 7);
const images = pixels(n * 25, 7);
const labels = network.predict(tensor(images, [n, ...shape]));
/** Its logits are NaN, for which the first class counts as the largest. */
const broken = reluModel(shape, 7);
broken.parameters.values.fill(Number.NaN);
const budget = { iterations: 6, queries: 25, samples: 10, restarts: 2 };
const cut = (array: Float32Array, i: number) => array.slice(25 * i, 25 * i + 25);

for (const [name, attack] of Object.entries<Attack>(attacks)) {
  test(`${name} leaves no pixel further than ε from its image, or outside [0, 1]`, (t) => {
    for (const epsilon of [0, 0.03, 0.4, 1]) {
      const { adversarial } = runAttack(attack, network, images, labels, { ...budget, epsilon });
      t.ok(largestDifference(adversarial, images) <= epsilon + 1e-7, `ε = ${epsilon}`);
      t.ok(adversarial.every((value) => value >= 0 && value <= 1));
    }
    t.end();
  });

  test(`${name} makes of an image the same, alone or in any company, in any place`, (t) => {
    const options = { ...budget, epsilon: 0.05 };
    const together = runAttack(attack, network, images, labels, options);
    for (let i = 0; i < n; i++) {
      const one = runAttack(attack, network, cut(images, i), labels.slice(i, i + 1), { ...options, indices: [i] });
      t.ok(sameBits(one.adversarial, cut(together.adversarial, i)), `image ${i}`);
      t.equal(one.queries[0], together.queries[i]);
    }
    const order = [4, 2, 8];
    const some = Float32Array.from(order.flatMap((i) => [...cut(images, i)]));
    const theirLabels = Uint8Array.from(order, (i) => labels[i]);
    const mixed = runAttack(attack, network, some, theirLabels, { ...options, indices: order });
    order.forEach((i, place) => {
      t.ok(sameBits(cut(mixed.adversarial, place), cut(together.adversarial, i)), `image ${i} in place ${place}`);
    });
    t.end();
  });

  test(`${name} writes every example, also where the network answers with NaN`, (t) => {
    for (const restarts of [1, 2]) {
      const options = { ...budget, restarts, epsilon: 0.1, before: 7 };
      const { adversarial } = runAttack(
        attack,
        broken,
        images,
        labels.map(() => 0),
        options,
      );
      t.ok(adversarial.every((value, p) => Number.isNaN(value) || Math.abs(value - images[p]) <= 0.1 + 1e-7));
    }
    t.end();
  });

  test(`${name} leaves the clean images and the labels as they are`, (t) => {
    const [before, labelsBefore] = [images.slice(), labels.slice()];
    runAttack(attack, network, images, labels, { ...budget, epsilon: 0.2 });
    t.ok(sameBits(images, before));
    t.same(labels, labelsBefore);
    t.end();
  });
}

/** What a counting oracle was shown. */
function shown(attack: Attack, model: typeof network, options: Parameters<typeof runAttack>[4]) {
  const counts = { gradients: 0, forwards: 0 };
  const { queries } = runAttack(attack, model, images, model.predict(tensor(images, [n, ...shape])), {
    ...options,
    onAsked: (count, what) => {
      counts[what] += count;
    },
  });
  return { counts, queries };
}

/** Nothing fools it, and its gradients are as before: no image leaves early. */
const sure = reluModel(shape, 7);
weightsOf(sure, 'fc2.bias')[0] = 1e3;

for (const [name, attack] of Object.entries<Attack>(attacks)) {
  test(`${name} says how often it shows an image to a network, with a gradient and without`, (t) => {
    for (const options of [
      { iterations: 6, queries: 25, samples: 10 },
      { iterations: 7, queries: 3, samples: 5, restarts: 3, targets: 2 },
    ]) {
      const own = attack.most(options, network.classes);
      const most = { gradients: n * own.gradients, forwards: n * own.forwards };
      const { counts } = shown(attack, sure, { ...options, epsilon: 0.05 });
      t.match(counts, most, 'just as a counting oracle sees where no image is fooled');
      const { counts: fewer, queries } = shown(attack, network, { ...options, epsilon: 0.3 });
      const goesOn = ['fgsm', 'bim', 'mi-fgsm'].includes(name) || (name === 'pgd' && !options.restarts);
      if (goesOn) t.match(fewer, most, 'and also where images are fooled, if it goes on with them');
      t.ok(fewer.gradients <= most.gradients && fewer.forwards <= most.forwards, 'never more');
      t.ok(queries.every((times) => times <= own.gradients + own.forwards));
    }
    const byDefault = attack.most({}, 10);
    t.same(byDefault, attack.most({ iterations: (attack as Partial<typeof attacks.bim>).defaultIterations }, 10));
    t.end();
  });
}

test('what is random follows the seed', (t) => {
  for (const name of ['pgd', 'apgd', 'square', 'spsa', 'uniform-noise', 'sign-noise'] as const) {
    const made = (seed: number) =>
      runAttack(attacks[name], network, images, labels, { ...budget, epsilon: 0.05, seed }).adversarial;
    t.ok(sameBits(made(3), made(3)), `${name}, the same seed`);
    t.notOk(sameBits(made(3), made(4)), `${name}, another seed`);
  }
  t.end();
});

test("the paper's attacks are the three that a run measures by default", (t) => {
  t.same(paperAttacks, ['fgsm', 'bim', 'mi-fgsm']);
  t.end();
});
