import { test } from 'tap';
import { attackMemory } from '../../src/attacks/attack.js';
import { square, squareSide } from '../../src/attacks/square.js';
import { referenceKernels } from '../../src/tensor/reference.js';
import { tensor } from '../../src/tensor/tensor.js';
import { pixels } from '../helpers/arrays.js';
import { reluModel, runAttack } from './small-models.js';

/** A network and images, labelled as it sees them. */
function scene(shape: readonly number[], n: number, seed: number) {
  const network = reluModel(shape, seed);
  const images = pixels(n * shape.reduce((product, extent) => product * extent, 1), seed);
  return { network, images, labels: network.predict(tensor(images, [n, ...shape])) };
}

test('the squares shrink by the schedule of the paper, stretched to the number of queries', (t) => {
  const sides = [1, 10, 11, 50, 51, 200, 201, 501, 1001, 2001, 4001, 6001, 8001, 9999];
  const share = (halvings: number) => Math.max(1, Math.round(Math.sqrt((0.8 / 2 ** halvings) * 784)));
  const expected = [0, 0, 1, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 9].map(share);
  t.same(
    sides.map((query) => squareSide(query, 10000, 28, 28)),
    expected,
  );
  t.equal(squareSide(1, 1000, 28, 28), share(0), 'query 1 of 1,000 is query 10 of 10,000');
  t.equal(squareSide(2, 1000, 28, 28), share(1));
  t.equal(squareSide(999, 1000, 28, 28), share(9));
  t.equal(squareSide(1, 100, 3, 100), 3, 'no larger than the image is high');
  t.end();
});

test('an image that stands is shown exactly as often as allowed; one that falls, no more', (t) => {
  const { network, images, labels } = scene([1, 6, 6], 12, 2);
  for (const queries of [1, 2, 57]) {
    let asked = 0;
    const onAsked = (n: number) => {
      asked += n;
    };
    const run = runAttack(square, network, images, labels, { epsilon: 0.1, queries, onAsked });
    t.equal(
      asked,
      run.queries.reduce((sum, count) => sum + count, 0),
      'each question is counted, and none that was not asked',
    );
    run.fooled.forEach((fooled, i) => {
      if (!fooled) t.equal(run.queries[i], queries, `image ${i} stands`);
      else t.ok(run.queries[i] >= 1 && run.queries[i] <= queries, `image ${i} falls`);
    });
    if (queries === 57) t.ok(run.fooled.includes(true) && run.fooled.includes(false), 'both kinds were met');
  }
  t.end();
});

test('every pixel ends at x + ε or x − ε, clipped, in whole columns before the first square', (t) => {
  const { network, images, labels } = scene([3, 5, 4], 6, 3);
  const epsilon = 0.07;
  const { adversarial } = runAttack(square, network, images, labels, { epsilon, queries: 40 });
  adversarial.forEach((value, p) => {
    const ends = [epsilon, -epsilon].map((change) => Math.fround(Math.min(1, Math.max(0, images[p] + change))));
    const nearest = Math.min(...ends.map((end) => Math.abs(value - end)));
    t.ok(nearest <= 2 ** -24, `pixel ${p}: at most the next float32, which is within ε where x ± ε rounded is not`);
  });
  const stripes = runAttack(square, network, new Float32Array(images.length).fill(0.5), labels, {
    epsilon,
    queries: 1,
  });
  for (let i = 0; i < 6; i++) {
    for (let c = 0; c < 3; c++) {
      for (let column = 0; column < 4; column++) {
        const values = [0, 1, 2, 3, 4].map((row) => stripes.adversarial[((i * 3 + c) * 5 + row) * 4 + column]);
        t.equal(new Set(values).size, 1, `image ${i}, channel ${c}, column ${column}`);
      }
    }
  }
  t.equal(new Set(stripes.adversarial).size, 2, 'and both signs occur');
  t.end();
});

test('what it ends with has a higher loss than the stripes it began with', (t) => {
  const { network, images, labels } = scene([1, 6, 6], 8, 5);
  const lossAfter = (queries: number) => runAttack(square, network, images, labels, { epsilon: 0.03, queries }).losses;
  const [stripes, end] = [lossAfter(1), lossAfter(300)];
  t.ok(end.every((loss, i) => loss >= stripes[i]));
  t.ok(end.filter((loss, i) => loss > stripes[i]).length >= 6, 'for most of them truly higher');
  t.end();
});

test('it asks for no gradient, and needs to know rows from columns', (t) => {
  const oracle = {
    losses: new Float64Array(1),
    predictions: () => Uint8Array.of(0),
    query() {},
    gradient: () => t.fail('a gradient was asked for') as never,
  };
  const target = { images: pixels(4, 1), labels: Uint8Array.of(0), n: 1, gradient: oracle.gradient, oracle };
  const memory = attackMemory(referenceKernels(), 1, 4);
  square.run({ ...target, shape: [1, 2, 2] }, { epsilon: 0.1, queries: 5 }, memory, new Float32Array(4));
  t.equal(memory.queries[0], 5);
  const blind = () => square.run(target, { epsilon: 0.1 }, memory, new Float32Array(4));
  t.throws(blind, /Square needs the images' shape \[C, H, W\]/);
  t.end();
});
