import { test } from 'tap';
import { slidingWindow } from '../../src/tensor/im2col.js';
import { referenceKernels } from '../../src/tensor/reference.js';

const kernels = referenceKernels();
const f32 = (...values: number[]) => Float32Array.from(values);

test("a column's bias goes to every number of the column", async (t) => {
  const byColumn = f32(1, 2, 3, 4, 5, 6, 99);
  kernels.addToColumns(byColumn, f32(10, 20, 30), 2, 3);
  t.same([...byColumn], [11, 22, 33, 14, 25, 36, 99]);
});

test('columns are summed', async (t) => {
  const columns = f32(7, 7, 7, 99);
  kernels.sumColumns(f32(1, 2, 3, 4, 5, 6), columns, 2, 3);
  t.same([...columns], [5, 7, 9, 99]);
});

test('relu keeps what is above zero; backward, only there does the error pass', async (t) => {
  const [y, dx] = [f32(9, 9, 9, 9, 9), f32(9, 9, 9, 9, 9)];
  kernels.relu(f32(-2, 0, 3, 0.5), y, 4);
  t.same([...y], [0, 0, 3, 0.5, 9]);
  kernels.reluBackward(y, f32(10, 20, 30, 40), dx, 4);
  t.same([...dx], [0, 0, 30, 40, 9]);
});

test('relu may write onto its input, and its backward pass onto the error', async (t) => {
  const [x, dy] = [f32(-1, 2), f32(5, 6)];
  kernels.relu(x, x, 2);
  kernels.reluBackward(x, dy, dy, 2);
  t.same([...x, ...dy], [0, 2, 0, 6]);
});

test('normalizing takes each channel by its own mean and deviation, image after image', async (t) => {
  // Two images of two channels of one row of two pixels.
  const y = f32(0, 0, 0, 0, 0, 0, 0, 0, 99);
  kernels.normalize(f32(1, 2, 10, 20, 3, 4, 30, 40), y, f32(1, 10), f32(0.5, 5), 4, 2);
  t.same([...y], [0, 2, 0, 2, 4, 6, 4, 6, 99]);
  const dx = f32(0, 0, 0, 0, 0, 0, 0, 0, 99);
  kernels.normalizeBackward(f32(1, 1, 1, 1, 2, 2, 2, 2), dx, f32(0.5, 5), 4, 2);
  t.same([...dx], [2, 2, 0.2, 0.2, 4, 4, 0.4, 0.4, 99].map(Math.fround));
});

test('max-pooling takes the largest of each window and remembers where it stood', async (t) => {
  const window = slidingWindow('test', [1, 2, 4], { kernel: 2, stride: 2 });
  const x = f32(1, 5, -3, -1, 2, 4, -2, -4);
  const [y, winner] = [f32(0, 0, 99), Int32Array.of(0, 0, 99)];
  kernels.maxPool(x, y, winner, 1, window);
  t.same([...y], [5, -1, 99]);
  t.same([...winner], [1, 3, 99]);
});

test('on a tie the first pixel of the window wins, in reading order', async (t) => {
  const window = slidingWindow('test', [1, 2, 4], { kernel: 2, stride: 2 });
  const [y, winner] = [new Float32Array(2), new Int32Array(2)];
  kernels.maxPool(f32(7, 7, 1, 2, 7, 7, 2, 1), y, winner, 1, window);
  t.same([...y], [7, 2]);
  t.same([...winner], [0, 3], 'top-left of four sevens; top-right before bottom-left');
});

test("places are counted within each plane, and errors go to the plane's own pixels", async (t) => {
  const window = slidingWindow('test', [2, 2, 2], { kernel: 2 });
  const [y, winner] = [new Float32Array(2), new Int32Array(2)];
  kernels.maxPool(f32(1, 2, 3, 4, 9, 8, 7, 6), y, winner, 2, window);
  t.same([...winner], [3, 0]);
  const dx = new Float32Array(9).fill(99);
  kernels.maxPoolBackward(f32(10, 20), winner, dx, 2, window);
  t.same([...dx], [0, 0, 0, 10, 20, 0, 0, 0, 99]);
});

test('a pixel that wins several overlapping windows gets all their errors', async (t) => {
  const window = slidingWindow('test', [1, 3, 3], { kernel: 2, stride: 1 });
  const [y, winner, dx] = [new Float32Array(4), new Int32Array(4), new Float32Array(9)];
  kernels.maxPool(f32(0, 0, 0, 0, 5, 0, 0, 0, 0), y, winner, 1, window);
  t.same([...y], [5, 5, 5, 5]);
  kernels.maxPoolBackward(f32(1, 2, 3, 4), winner, dx, 1, window);
  t.same([...dx], [0, 0, 0, 0, 10, 0, 0, 0, 0]);
});

test('a window that leaves the last row and column out never looks at them', async (t) => {
  const window = slidingWindow('test', [1, 3, 3], { kernel: 2, stride: 2 });
  const [y, winner] = [new Float32Array(1), new Int32Array(1)];
  kernels.maxPool(f32(1, 2, 99, 3, 4, 99, 99, 99, 99), y, winner, 1, window);
  t.same([...y, ...winner], [4, 4]);
});

test('parts are added in index order, each sum rounded to float32', async (t) => {
  const total = f32(0, 0, 99);
  kernels.sumParts([f32(1e8, 1), f32(1, 10), f32(-1e8, 100)], 3, total, 2);
  t.same([...total], [0, 111, 99], '(1e8 + 1) − 1e8 is 0: the 1 was lost first');
  kernels.sumParts([f32(1e8, 1), f32(-1e8, 10), f32(1, 100)], 3, total, 2);
  t.equal(total[0], 1, 'in the other order it stays');
  kernels.sumParts([f32(3, 4), f32(100, 100)], 1, total, 2);
  t.same([...total], [3, 4, 99], 'only as many parts as are asked for');
});

test('a step goes by alpha along the sign, and nowhere where the direction is zero', async (t) => {
  const x = f32(0.5, 0.5, 0.5, 0.5, 0.5, 9);
  kernels.signStep(x, f32(3, -1e-45, 0, -0, -200), x.slice(), 5, 0.25, 1, 0, 1);
  t.same([...x], [0.75, 0.25, 0.5, 0.5, 0.25, 9]);
});

test('a step ends inside the ball around the clean image, then inside [low, high]', async (t) => {
  const clean = f32(0.5, 0.5, 0.875, 0.125);
  const x = f32(0.625, 0.375, 0.875, 0.125);
  kernels.signStep(x, f32(1, -1, 1, -1), clean, 4, 0.5, 0.25, 0, 1);
  t.same([...x], [0.75, 0.25, 1, 0], 'ball above, ball below, then white and black');
});

test('infinite bounds are none', async (t) => {
  const [clean, x] = [f32(0.5, 0.5), f32(0.5, 0.5)];
  const none = Number.POSITIVE_INFINITY;
  kernels.signStep(x, f32(1, -1), clean, 2, 4, none, -none, none);
  t.same([...x], [4.5, -3.5]);
  kernels.signStep(x, f32(1, -1), clean, 2, 4, 0.25, -none, none);
  t.same([...x], [0.75, 0.25]);
});
