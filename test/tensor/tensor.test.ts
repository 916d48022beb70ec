import fc from 'fast-check';
import { test } from 'tap';
import { ShapeError } from '../../src/errors.js';
import { contiguous, shapeText, sizeOf, type Tensor, tensor } from '../../src/tensor/tensor.js';
import { forAll } from '../helpers/cases.js';

const countUp = (shape: readonly number[]): Tensor<Float32Array> =>
  tensor(
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => i + 1),
    shape,
  );

test('a tensor reads its data row by row and shares its memory', async (t) => {
  const data = Float32Array.of(1, 2, 3, 4, 5, 6);
  const x = tensor(data, [2, 3]);
  t.same([x.get(0, 0), x.get(0, 2), x.get(1, 0), x.get(1, 2)], [1, 3, 4, 6]);
  data[4] = 50;
  t.equal(x.get(1, 1), 50);
});

test('a shape that the data does not fill exactly is refused, with both values', async (t) => {
  const error = { constructor: ShapeError, message: 'tensor: 6 numbers do not fill the shape [2, 4]' };
  t.throws(() => tensor(new Float32Array(6), [2, 4]), error);
  t.throws(() => tensor(new Float32Array(6), [5]), ShapeError);
});

test('a tensor keeps its shape when the array it was given changes', async (t) => {
  const shape = [2, 3];
  const x = tensor(new Float32Array(6), shape);
  shape[0] = 9;
  t.same(x.shape, [2, 3]);
});

test('what is contiguous already is not copied', async (t) => {
  const x = countUp([3, 4]);
  const same = contiguous(x);
  same[0] = 100;
  t.equal(x.get(0, 0), 100);
  const lastRows = contiguous(x.lo(1, 0) as Tensor<Float32Array>);
  t.same([...lastRows], [5, 6, 7, 8, 9, 10, 11, 12], 'whole rows further on in the array');
  t.equal(lastRows.buffer, x.data.buffer);
});

test('a transposed matrix is read in its own row-major order', async (t) => {
  t.same([...contiguous(countUp([2, 3]).transpose(1, 0) as Tensor)], [1, 4, 2, 5, 3, 6]);
});

test('slices, steps, reversals and picks are read in their own row-major order', async (t) => {
  const x = countUp([3, 4]);
  const read = (view: unknown) => [...contiguous(view as Tensor)];
  t.same(read(x.lo(1, 1).hi(2, 2)), [6, 7, 10, 11], 'the middle of the last two rows');
  t.same(read(x.step(2, 3)), [1, 4, 9, 12], 'every second row, every third column');
  t.same(read(x.step(1, -1)), [4, 3, 2, 1, 8, 7, 6, 5, 12, 11, 10, 9], 'mirrored');
  t.same(read(x.pick(-1, 2)), [3, 7, 11], 'one column');
  t.same(read(x.pick(1, -1)), [5, 6, 7, 8], 'one row');
});

test('float64 stays float64, copied or not', async (t) => {
  const x = tensor(Float64Array.of(0.1, 0.2, 0.3, 0.4), [2, 2]);
  t.same([...contiguous(x)], [0.1, 0.2, 0.3, 0.4]);
  const copy = contiguous(x.transpose(1, 0) as Tensor<Float64Array>);
  t.ok(copy instanceof Float64Array);
  t.same([...copy], [0.1, 0.3, 0.2, 0.4]);
});

test('any view of a four-dimensional tensor is read element by element in index order', async () => {
  const axis = fc.record({
    extent: fc.integer({ min: 1, max: 5 }),
    from: fc.nat(4),
    step: fc.constantFrom(1, 1, 2, -1, -2),
  });
  const order = fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4, maxLength: 4 });
  forAll(300, fc.tuple(fc.tuple(axis, axis, axis, axis), order), ([axes, permuted]) => {
    const whole = countUp(axes.map(({ extent }) => extent));
    const view = whole
      .lo(...axes.map(({ extent, from }) => from % extent))
      .step(...axes.map(({ step }) => step))
      .transpose(...permuted) as Tensor<Float32Array>;
    const expected: number[] = [];
    const [d0, d1, d2, d3] = view.shape;
    for (let i = 0; i < d0; i++)
      for (let j = 0; j < d1; j++)
        for (let k = 0; k < d2; k++) for (let l = 0; l < d3; l++) expected.push(view.get(i, j, k, l));
    const actual = [...contiguous(view)];
    if (actual.join() !== expected.join()) throw new Error(`${actual}, not ${expected}`);
  });
});

test('empty and one-element tensors are contiguous too', async (t) => {
  t.same([...contiguous(tensor(new Float32Array(0), [0, 3]))], []);
  t.same([...contiguous(tensor(new Float32Array(0), [3, 0]).transpose(1, 0) as Tensor)], []);
  t.same([...contiguous(tensor(Float32Array.of(7), [1, 1, 1]).transpose(2, 0, 1) as Tensor)], [7]);
  t.same([...contiguous(tensor(Float32Array.of(7), []))], [7], 'no axis at all');
});

test('shapes are written as lists', async (t) => {
  t.equal(shapeText([1, 28, 28]), '[1, 28, 28]');
  t.equal(shapeText([]), '[]');
  t.equal(sizeOf([1, 28, 28]), 784);
  t.equal(sizeOf([]), 1);
});
