import { test } from 'tap';
import { type Crew, solo } from '../../src/crew/crew.js';
import { ShapeError } from '../../src/errors.js';
import { linear } from '../../src/layers/linear.js';
import { accuracy, chance, countCorrect, countMatches } from '../../src/metrics/accuracy.js';
import { CHUNK_SIZE } from '../../src/metrics/chunks.js';
import { imageBatch, type LabelledImages } from '../../src/tensor/images.js';
import { referenceKernels } from '../../src/tensor/reference.js';
import { tensor } from '../../src/tensor/tensor.js';
import { networkOf, weightsOf } from '../helpers/networks.js';

/** A network that answers with the brighter one of two pixels, the first on a tie. */
function brighterPixel() {
  const network = networkOf([linear('fc', [2], { outputs: 2 })], 'bp', referenceKernels());
  weightsOf(network, 'fc.weight').set([1, 0, 0, 1]);
  return network;
}

/** Images of two pixels; every third one is labelled wrongly. */
function pairs(count: number): LabelledImages {
  const pixels = Uint8Array.from({ length: 2 * count }, (_, i) => (i * 97) % 256);
  const labels = Uint8Array.from({ length: count }, (_, i) => {
    const brighter = pixels[2 * i + 1] > pixels[2 * i] ? 1 : 0;
    return i % 3 === 0 ? 1 - brighter : brighter;
  });
  return { pixels, labels, count };
}

test('agreeing places are counted', async (t) => {
  t.equal(countMatches(Uint8Array.of(1, 2, 3, 9), Uint8Array.of(1, 0, 3)), 2);
  t.equal(countMatches(new Uint8Array(0), new Uint8Array(0)), 0);
});

test('every image counts once, also in a last chunk that is not full', async (t) => {
  for (const count of [1, CHUNK_SIZE, CHUNK_SIZE + 1, 3 * CHUNK_SIZE - 1]) {
    const wrong = Math.ceil(count / 3);
    t.equal(countCorrect(brighterPixel(), pairs(count), solo()), count - wrong, `${count} images`);
  }
});

test('the members of a crew count the chunks they claim: together, all', async (t) => {
  const images = pairs(5 * CHUNK_SIZE + 7);
  let [next, advanced] = [0, 0];
  const member = (chunks: number): Crew => ({
    ...solo(),
    claim: (end) => (next < end && chunks-- > 0 ? next++ : -1),
    advance: () => {
      advanced++;
    },
  });
  const counts = [2, 1, 3].map((chunks) => countCorrect(brighterPixel(), images, member(chunks)));
  t.equal(counts[0] + counts[1] + counts[2], countCorrect(brighterPixel(), images, solo()));
  t.equal(advanced, 6, 'each chunk is reported once');
});

test('accuracy is the share of images given their true label', async (t) => {
  const images = pairs(90);
  const batch = imageBatch(images, [2], 0, 90);
  t.equal(accuracy(brighterPixel(), batch.images, batch.labels), 60 / 90);
});

test('chance is the share of the most frequent label', async (t) => {
  t.equal(chance(Uint8Array.of(3, 1, 3, 255)), 0.5);
  t.equal(chance(Uint8Array.of(7, 7)), 1);
  t.equal(chance(Uint8Array.of(0, 1, 2, 3)), 0.25);
});

test('fewer, more or no labels, and labels of no class, give no accuracy', async (t) => {
  const network = brighterPixel();
  const { images, labels } = imageBatch(pairs(3), [2], 0, 3);
  const given = (change: unknown) => () => accuracy(network, images, change as Uint8Array);
  t.throws(given(labels.slice(0, 2)), { constructor: ShapeError, message: 'accuracy: 3 images, 2 labels' });
  t.throws(given(Uint8Array.of(...labels, 0)), { constructor: ShapeError, message: 'accuracy: 3 images, 4 labels' });
  t.throws(given(undefined), { constructor: TypeError, message: /^accuracy: labels is undefined; a Uint8Array/ });
  t.throws(given(Uint8Array.of(0, 1, 2)), {
    constructor: RangeError,
    message: /labels\[2\] is 2; a class from 0 to 1/,
  });
});

test('images beyond [0, 1] give an accuracy if it is said that nothing was clipped, and only then', async (t) => {
  const network = brighterPixel();
  const images = tensor(Float32Array.of(-1, 2), [1, 2]);
  t.throws(
    () => accuracy(network, images, Uint8Array.of(1)),
    /^accuracy: images\.data\[0\] is -1; a number from 0 to 1/,
  );
  t.equal(accuracy(network, images, Uint8Array.of(1), { clip: false }), 1);
  images.data[0] = Number.NaN;
  t.throws(() => accuracy(network, images, Uint8Array.of(1), { clip: false }), /is NaN/);
});
