import { test } from 'tap';
import { firstImages, imageBatch, loadImage } from '../../src/tensor/images.js';

const three = { pixels: Uint8Array.of(0, 255, 51, 102, 153, 204), labels: Uint8Array.of(7, 8, 9), count: 3 };

test('an image is loaded into its place of a batch as pixel / 255, and nowhere else', async (t) => {
  const batch = new Float64Array(6).fill(-1);
  loadImage(three, 2, batch, 1);
  t.same([...batch], [-1, -1, 153 / 255, 204 / 255, -1, -1]);
  loadImage(three, 0, batch, 0);
  t.same([...batch], [0, 1, 153 / 255, 204 / 255, -1, -1]);
});

test('pixels become the float32 nearest to pixel / 255, from exactly 0 to exactly 1', async (t) => {
  const all = { pixels: Uint8Array.from({ length: 256 }, (_, i) => i), labels: new Uint8Array(1), count: 1 };
  const batch = new Float32Array(256);
  loadImage(all, 0, batch, 0);
  t.ok(batch.every((value, i) => value === Math.fround(i / 255)));
  t.equal(batch[255], 1);
});

test('the first images of a set share its memory', async (t) => {
  const first = firstImages(three, 2);
  t.equal(first.count, 2);
  t.same([...first.pixels], [0, 255, 51, 102]);
  t.same([...first.labels], [7, 8]);
  t.equal(first.pixels.buffer, three.pixels.buffer);
});

test('there are never more first images than images', async (t) => {
  const all = firstImages(three, 10);
  t.equal(all.count, 3);
  t.equal(all.pixels.length, 6);
});

test('a batch is the images asked for as a tensor in [0, 1], with copies of their labels', async (t) => {
  const { images, labels } = imageBatch(three, [1, 1, 2], 1, 2);
  t.same(images.shape, [2, 1, 1, 2]);
  t.same([...images.data], [51 / 255, 102 / 255, 153 / 255, 204 / 255].map(Math.fround));
  t.same([...labels], [8, 9]);
  labels[0] = 0;
  t.equal(three.labels[1], 8);
});
