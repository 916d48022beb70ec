import { test } from 'tap';
import { apgd, checkpointsOf } from '../../src/attacks/apgd.js';
import { attackMemory, type Oracle } from '../../src/attacks/attack.js';
import { attacks } from '../../src/attacks/index.js';
import { stream } from '../../src/tensor/random.js';
import { referenceKernels } from '../../src/tensor/reference.js';
import { tensor } from '../../src/tensor/tensor.js';
import { largestDifference, pixels, sameBits } from '../helpers/arrays.js';
import { linearModel, linearOptimum, reluModel, runAttack } from './small-models.js';

/** Class 0 is so far ahead that nothing in the ball is misclassified; class 1 is the rival everywhere. */
const w = [0.5, -1, 2, -0.25, 1.5, -3];
const safe = linearModel([[0, 0, 0, 0, 0, 0], w, [0, 0, 0, 0, 0, 0]], [20, 0, -50]); // biome-ignore format: rows

test('on a linear model APGD finds the one optimum, x + ε·sign(w), whatever the loss', (t) => {
  const images = pixels(4 * 6, 1);
  const labels = new Uint8Array(4);
  for (const loss of ['margin', 'cross-entropy'] as const) {
    for (const epsilon of [0.05, 0.3, 1]) {
      const { adversarial } = runAttack(apgd, safe, images, labels, { epsilon, loss });
      const apart = largestDifference(adversarial, linearOptimum(images, w, epsilon));
      t.ok(apart < 1e-6, `${loss}, ε = ${epsilon}: ${apart}`);
    }
  }
  t.end();
});

test('in two dimensions APGD finds an adversarial point wherever a brute-force grid finds one', (t) => {
  const steps = 100;
  let [broken, safeImages] = [0, 0];
  for (let seed = 1; seed <= 25; seed++) {
    const network = reluModel([1, 1, 2], seed);
    const image = pixels(2, seed);
    const label = network.predict(tensor(image, [1, 1, 1, 2]))[0];
    const epsilon = 0.25;
    const grid = new Float32Array(2 * (steps + 1) ** 2);
    const within = (x: number, k: number) => Math.min(1, Math.max(0, x - epsilon + (2 * epsilon * k) / steps));
    for (let a = 0; a <= steps; a++) {
      for (let b = 0; b <= steps; b++) grid.set([within(image[0], a), within(image[1], b)], 2 * (a * (steps + 1) + b));
    }
    const labels = new Uint8Array(grid.length / 2).fill(label);
    const everywhere = runAttack(attacks.fgsm, network, grid, labels, { epsilon: 0 });
    const highest = everywhere.losses.reduce((max, loss) => Math.max(max, loss), Number.NEGATIVE_INFINITY);
    const found = runAttack(apgd, network, image, Uint8Array.of(label), { epsilon, restarts: 5 });
    if (everywhere.fooled.includes(true)) {
      broken++;
      t.ok(found.fooled[0], `seed ${seed}: the grid finds a misclassified point, and so does APGD`);
    } else {
      safeImages++;
      t.ok(found.losses[0] >= highest - 1e-3, `seed ${seed}: ${found.losses[0]} against the grid's ${highest}`);
    }
  }
  t.ok(broken >= 5 && safeImages >= 5, `both kinds were met: ${broken}, ${safeImages}`);
  t.end();
});

test('steps are halved until the top of a ridge is hit, where steps of one length would jump across it', (t) => {
  const top = [0.41, 0.52, 0.63];
  const height = new Float64Array(1);
  const query = (x: Float32Array) => {
    height[0] = -top.reduce((sum, c, p) => sum + Math.abs(x[p] - c), 0);
  };
  const gradient = (x: Float32Array) => {
    query(x);
    return Float32Array.from(top, (c, p) => Math.sign(c - x[p]));
  };
  const ridge: Oracle = { losses: height, predictions: () => Uint8Array.of(0), query, gradient };
  const target = { images: Float32Array.of(0.5, 0.5, 0.5), labels: Uint8Array.of(0), n: 1 };
  const adversarial = new Float32Array(3);
  const memory = attackMemory(referenceKernels(), 1, 3);
  apgd.run({ ...target, gradient, oracle: ridge }, { epsilon: 0.3 }, memory, adversarial);
  const apart = largestDifference(adversarial, top);
  t.ok(apart < 0.01, `${apart} from the top, after steps that began at 0.6`);
  t.end();
});

/** A landscape of hills: its height and slope at a point. */
function hills(x: ArrayLike<number>): { height: number; slope: number[] } {
  const centre = [0.2, 0.7, 0.45];
  const bump = (p: number) => 9 * (x[p] - centre[p]) + 4 * x[(p + 1) % 3];
  return {
    height: centre.reduce((sum, _, p) => sum + Math.sin(bump(p)), 0),
    slope: centre.map((_, p) => 9 * Math.cos(bump(p)) + 4 * Math.cos(bump((p + 2) % 3))),
  };
}

/** Hills whose height is told wrongly: far up at the first look, then low but rising at each. No image gets past its start. */
const mirage = (x: ArrayLike<number>, look: number) => ({ ...hills(x), height: look === 0 ? 1000 : look });

/** Algorithm 1 of the paper for one image, step by step; the points at which it looks. */
function algorithm1(
  landscape: typeof mirage,
  start: readonly number[],
  clean: readonly number[],
  epsilon: number,
  iterations: number,
): number[][] {
  const project = (x: number, p: number) => Math.max(0, clean[p] - epsilon, Math.min(1, clean[p] + epsilon, x));
  let [x, before, eta] = [[...start], [...start], 2 * epsilon];
  let [best, bestHeight] = [x, landscape(x, 0).height];
  const heights = [bestHeight];
  const seen = [x];
  const checkpoints = [0, ...checkpointsOf(iterations)];
  let [etaThen, bestThen] = [Number.NaN, bestHeight];
  for (let k = 1; k <= iterations; k++) {
    const alpha = k === 1 ? 1 : 0.75;
    const { slope } = landscape(x, k - 1);
    const z = x.map((value, p) => project(value + eta * Math.sign(slope[p]), p));
    const next = x.map((value, p) =>
      Math.fround(project(value + alpha * (z[p] - value) + (1 - alpha) * (value - before[p]), p)),
    );
    [before, x] = [x, next];
    seen.push(x);
    heights.push(landscape(x, k).height);
    if (heights[k] > bestHeight) [best, bestHeight] = [x, heights[k]];
    const j = checkpoints.indexOf(k);
    if (j < 0) continue;
    const steps = Array.from({ length: k - checkpoints[j - 1] }, (_, i) => checkpoints[j - 1] + i + 1);
    const rises = steps.filter((i) => heights[i] > heights[i - 1]).length;
    const unchanged = etaThen === eta && bestThen === bestHeight;
    [etaThen, bestThen] = [eta, bestHeight];
    if (rises <= 0.75 * steps.length || unchanged) {
      eta /= 2;
      x = best;
    }
  }
  return seen;
}

test('it looks at the very points that Algorithm 1 of the paper does, from the same start', (t) => {
  const epsilon = 0.35;
  const clean = [0.5, 0.25, 0.75];
  for (const landscape of [hills, mirage]) {
    for (let seed = 1; seed <= 5; seed++) {
      const seen: number[][] = [];
      const losses = new Float64Array(1);
      const gradient = (x: Float32Array) => {
        const { height, slope } = landscape(x, seen.length);
        seen.push([...x.subarray(0, 3)]);
        losses[0] = height;
        return Float32Array.from(slope);
      };
      const oracle: Oracle = { losses, predictions: () => Uint8Array.of(0), query: gradient, gradient };
      const images = Float32Array.from(clean);
      const target = { images, labels: Uint8Array.of(0), n: 1, gradient, oracle, random: () => stream(seed) };
      apgd.run(target, { epsilon }, attackMemory(referenceKernels(), 1, 3), new Float32Array(3));
      const expected = algorithm1(landscape, seen[0], clean, epsilon, 100);
      t.equal(seen.length, 101);
      const apart = largestDifference(seen.flat(), expected.flat());
      t.ok(apart < 1e-6, `${landscape.name}, seed ${seed}: ${apart}`);
    }
  }
  t.end();
});

test("the checkpoints of 100 iterations are those of the paper's Algorithm 1", (t) => {
  t.same(checkpointsOf(100), [22, 41, 57, 70, 80, 87, 93, 99]);
  t.ok(checkpointsOf(1).every((k) => k === 1));
  t.ok(checkpointsOf(7).every((k, j, all) => k <= 7 && (j === 0 || k > all[j - 1])));
  t.end();
});

test('an image that is never fooled is shown iterations + 1 times in each restart', (t) => {
  let asked = 0;
  const options = { epsilon: 0.1, iterations: 12, restarts: 3, onAsked: (n: number) => (asked += n) };
  const { queries } = runAttack(apgd, safe, pixels(2 * 6, 2), new Uint8Array(2), options);
  t.same([...queries], [39, 39]);
  t.equal(asked, 78, 'and that is how often the network was asked');
  t.end();
});

test('an image leaves at the first point that is misclassified, and one without a gradient at once', (t) => {
  const wrong = runAttack(apgd, safe, pixels(6, 2), Uint8Array.of(1), { epsilon: 0.1, restarts: 4 });
  t.same([...wrong.queries], [1], 'misclassified from the start');
  t.same(wrong.fooled, [true]);
  const flat = linearModel([[0, 0], [0, 0], [0, 0]], [1, 0, 0]); // biome-ignore format: rows
  const image = Float32Array.of(0.5, 0.5);
  const { queries, adversarial } = runAttack(apgd, flat, image, Uint8Array.of(0), { epsilon: 0.1 });
  t.same([...queries], [1]);
  t.ok(Math.abs(largestDifference(adversarial, image) - 0.1) < 1e-6, 'it stays at its start, stretched to the edge');
  t.end();
});

test('more restarts never do worse, and repeat the first one', (t) => {
  const network = reluModel([1, 3, 3], 4);
  const images = pixels(20 * 9, 3);
  const labels = network.predict(tensor(images, [20, 1, 3, 3]));
  const options = { epsilon: 0.05, iterations: 10 };
  const one = runAttack(apgd, network, images, labels, options);
  const five = runAttack(apgd, network, images, labels, { ...options, restarts: 5 });
  const count = (fooled: readonly boolean[]) => fooled.filter(Boolean).length;
  t.ok(count(one.fooled) > 0 && count(five.fooled) < 20, 'some images fall, some stand');
  one.fooled.forEach((fooled, i) => {
    if (fooled) t.ok(sameBits(five.adversarial.slice(9 * i, 9 * i + 9), one.adversarial.slice(9 * i, 9 * i + 9)));
    else t.ok(five.fooled[i] || five.losses[i] >= one.losses[i], `image ${i}`);
  });
  t.end();
});
