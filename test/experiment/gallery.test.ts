import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'tap';
import { attacks } from '../../src/attacks/index.js';
import { chooseImages, writeGallery } from '../../src/experiment/gallery.js';
import { losses } from '../../src/losses/index.js';
import { ExampleMaker } from '../../src/metrics/examples.js';
import { createNetwork } from '../../src/models/create.js';
import type { NetworkSpec } from '../../src/models/index.js';
import { parseGallery, pixelsOf } from '../../src/report/gallery/gallery.js';
import { reportPage } from '../../src/report/page/page.js';
import { loadKernels } from '../../src/tensor/backends.js';
import { tensor } from '../../src/tensor/tensor.js';
import { pixels } from '../helpers/arrays.js';
import { lenetOf, mnistSpec } from '../helpers/networks.js';

test('the first image of each class is chosen, then again from the first, and always the same', (t) => {
  const images = (...labels: number[]) => ({
    pixels: new Uint8Array(labels.length),
    labels: Uint8Array.from(labels),
    count: labels.length,
  });
  t.same(chooseImages(images(7, 7, 7, 2, 7, 1, 2), 4), [0, 1, 3, 5]);
  t.same(chooseImages(images(7, 7, 7, 2, 7, 1, 2), 2), [0, 3]);
  t.same(chooseImages(images(7, 7), 12), [0, 1]);
  t.end();
});

test('of images of 128 × 128 pixels there are several, of larger ones fewer, and one at least', async (t) => {
  const kernels = await loadKernels('simd');
  const shownOf = async (side: number) => {
    const spec: NetworkSpec = { ...mnistSpec, model: 'resnet8', inputShape: [3, side, side], mean: [0, 0, 0], std: [1, 1, 1] }; // biome-ignore format: one line
    const networks = new Map(
      (['bp', 'fa'] as const).map((rule) => [
        rule,
        { spec, rule, ...createNetwork(spec, { rule, kernels }).parameters },
      ]),
    );
    const images = { pixels: new Uint8Array(8 * 3 * side ** 2), labels: Uint8Array.from({ length: 8 }, (_, i) => i), count: 8 }; // biome-ignore format: one line
    const dataset = { name: 'folder', classes: Array.from({ length: 10 }, (_, i) => `${i}`) };
    const attack = { name: 'fgsm', options: {}, paths: ['true'], loss: 'cross-entropy', seed: 1 } as const;
    const folder = t.testdir({});
    await writeGallery({ networks, images, dataset, epsilons: [0.1], attack, pool: { backend: 'simd' } }, folder);
    return parseGallery(await readFile(join(folder, 'gallery.json'), 'utf8'), 'gallery.json').images.length;
  };
  t.equal(await shownOf(128), 8);
  t.equal(await shownOf(224), 4);
});

test('BP and FA of three networks are attacked within ε along both paths, and the same gives the same bytes', async (t) => {
  const pool = { backend: 'simd' } as const;
  const kernels = await loadKernels(pool.backend);
  const networks = new Map(
    (['dfa', 'bp', 'fa'] as const).map((rule) => [
      rule,
      { spec: mnistSpec, rule, ...lenetOf(rule, kernels).parameters },
    ]),
  );
  const images = {
    pixels: Uint8Array.from(pixels(20 * 784, 3), (pixel) => 255 * pixel),
    labels: Uint8Array.from({ length: 20 }, (_, i) => i % 10),
    count: 20,
  };
  const dataset = { name: 'mnist', classes: Array.from({ length: 10 }, (_, i) => `${i}`) };
  const work = { networks, images, dataset, epsilons: [0.1, 0.3, 0.5, 1], pool };
  const folder = t.testdir({});
  const text = async () => readFile(join(folder, await writeGallery(work, folder)), 'utf8');
  const first = await text();
  t.equal(await text(), first);

  const { images: shown, networks: named, examples } = parseGallery(first, 'gallery.json');
  t.same(named, ['bp', 'fa']);
  t.equal(shown.length, 12);
  const kinds = ['bp true cross-entropy', 'bp true margin', 'fa feedback cross-entropy', 'fa true margin'];
  t.same([...new Set(examples.map(({ source, path, loss }) => `${source} ${path} ${loss}`))], kinds);
  t.same([...new Set(examples.map(({ epsilon }) => epsilon))], [0.1, 0.3]);
  t.equal(examples.length, 12 * kinds.length * 2);
  for (const { image, epsilon, pixels: made } of examples) {
    const clean = pixelsOf(shown[image].pixels);
    const far = pixelsOf(made).map((pixel, i) => Math.abs(pixel - clean[i]));
    if (Math.max(...far) > Math.round(255 * epsilon)) t.fail(`image ${image} is moved further than ${epsilon}`);
    if (Math.max(...far) < 255 * epsilon * 0.9) t.fail(`image ${image} is hardly moved`);
  }
});

test('another attack is shown just as it was run: each image as in a run’s own attacks, where rules have two paths along each', async (t) => {
  const kernels = await loadKernels('simd');
  const own = new Map((['bp', 'fa'] as const).map((rule) => [rule, lenetOf(rule, kernels)]));
  const networks = new Map([...own].map(([rule, { parameters }]) => [rule, { spec: mnistSpec, rule, ...parameters }]));
  const images = {
    pixels: Uint8Array.from(pixels(20 * 784, 3), (pixel) => 255 * pixel),
    labels: Uint8Array.from({ length: 20 }, (_, i) => Math.floor(i / 2)), // of each class the first: 0, 2, 4, …
    count: 20,
  };
  const dataset = { name: 'mnist', classes: Array.from({ length: 10 }, (_, i) => `${i}`) };
  const shownBy = async (changes: object, epsilons = [0.1, 0.3]) => {
    const attack = { name: 'pgd', options: { iterations: 3 }, paths: ['feedback', 'true'], loss: 'margin', seed: 5, ...changes } as const; // biome-ignore format: one line
    const folder = t.testdir({});
    await writeGallery({ networks, images, dataset, epsilons, attack, pool: { backend: 'simd' } }, folder);
    return parseGallery(await readFile(join(folder, 'gallery.json'), 'utf8'), 'gallery.json');
  };
  const { attack, images: shown, examples } = await shownBy({});
  t.equal(attack, 'pgd');
  const kinds = ['bp true margin', 'fa feedback margin', 'fa true margin'];
  t.same([...new Set(examples.map(({ source, path, loss }) => `${source} ${path} ${loss}`))], kinds);
  t.same([...new Set(examples.map(({ epsilon }) => epsilon))], [0.1, 0.3]);

  const all = new ExampleMaker(own.get('fa') as ReturnType<typeof lenetOf<Float32Array>>, 20);
  const clean = Float32Array.from(images.pixels, (byte) => byte / 255);
  const settings = { attack: attacks.pgd, path: 'true', loss: losses.margin, seed: 5, iterations: 3, epsilon: 0.3 } as const; // biome-ignore format: one line
  const { adversarial } = all.make(clean, images.labels, 0, settings);
  for (const { image, pixels: made } of examples.filter(
    (each) => each.source === 'fa' && each.path === 'true' && each.epsilon === 0.3,
  )) {
    const { index } = shown[image];
    const expected = adversarial.subarray(784 * index, 784 * (index + 1)).map((pixel) => Math.round(255 * pixel));
    t.same([...pixelsOf(made)], [...expected], `image ${index}`);
  }
  all.release();

  const patient = await shownBy({ name: 'square', options: { queries: 6000 } });
  t.equal(patient.images.length, 1, 'of thousands of queries, fewer images');
  const beyond = await shownBy({ name: 'fgsm', options: { clip: false } }, [0.3]);
  for (const { image, pixels: made } of beyond.examples) {
    const before = pixelsOf(beyond.images[image].pixels);
    t.ok(
      pixelsOf(made).every((pixel, p) => Math.abs(pixel - before[p]) <= 77),
      'and what leaves the pixels’ range ends at its edge',
    );
  }
});

test('roundedAnswers are for the bytes shown: FAB’s examples often fool a network before they are rounded, and not after', async (t) => {
  const kernels = await loadKernels('simd');
  const network = lenetOf('bp', kernels);
  const networks = new Map([['bp', { spec: mnistSpec, rule: 'bp', ...network.parameters } as const]]);
  const noise = pixels(20 * 784, 3);
  const shape = [20, 1, 28, 28];
  const bytes = Uint8Array.from(noise, (pixel) => 255 * pixel);
  const labels = network.predict(
    tensor(
      Float32Array.from(bytes, (byte) => byte / 255),
      shape,
    ),
  );
  const images = { pixels: bytes, labels, count: 20 };
  const dataset = { name: 'mnist', classes: Array.from({ length: 10 }, (_, i) => `${i}`) };
  const attack = { name: 'fab', options: { iterations: 10 }, paths: ['true'], loss: 'margin', seed: 1 } as const;
  const folder = t.testdir({});
  await writeGallery({ networks, images, dataset, epsilons: [0.3], attack, pool: { backend: 'simd' } }, folder);
  const { examples } = parseGallery(await readFile(join(folder, 'gallery.json'), 'utf8'), 'gallery.json');
  const shown = Float32Array.from(examples.flatMap(({ pixels: made }) => [...pixelsOf(made)]), (byte) => byte / 255); // biome-ignore format: one line
  const expected = network.predict(tensor(shown, [examples.length, 1, 28, 28]));
  t.same(
    examples.map(({ roundedAnswers }) => roundedAnswers?.bp?.class),
    [...expected],
  );
  const others = examples.filter(({ answers, roundedAnswers }) => answers.bp?.class !== roundedAnswers?.bp?.class);
  t.ok(others.length > 0, `${others.length} of ${examples.length} answers are others after rounding`);
});

test('of pictures that hardly compress, so few are made that the report stays under 1.5 MB', async (t) => {
  const pool = { backend: 'simd' } as const;
  const kernels = await loadKernels(pool.backend);
  for (const side of [32, 160]) {
    const spec = { ...mnistSpec, inputShape: [3, side, side], mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2] };
    const networks = new Map(
      (['bp', 'fa'] as const).map((rule) => [rule, { spec, rule, ...lenetOf(rule, kernels, spec).parameters }]),
    );
    const size = 3 * side * side;
    const images = {
      pixels: Uint8Array.from(pixels(12 * size, 5), (pixel) => 255 * pixel),
      labels: Uint8Array.from({ length: 12 }, (_, i) => i % 10),
      count: 12,
    };
    const dataset = { name: 'cifar10', classes: Array.from({ length: 10 }, (_, i) => `${i}`) };
    const folder = t.testdir({});
    const epsilons = [1, 2, 4, 8].map((pixel) => pixel / 255);
    await writeGallery({ networks, images, dataset, epsilons, pool }, folder);
    const gallery = parseGallery(await readFile(join(folder, 'gallery.json'), 'utf8'), 'gallery.json');
    const page = reportPage({ dataset: 'cifar10', epochs: [], figures: new Map(), gallery });
    t.ok(page.length < 1_200_000, `${side}: ${page.length} characters, with room for figures`);
    t.same([...new Set(gallery.examples.map(({ epsilon }) => 255 * epsilon))], side === 32 ? [1, 8] : [1]);
  }
});
