import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { test } from 'tap';
import { loadKernels, saveNetwork, type Trace } from '../../src/core.js';
import type { Settings } from '../../src/lab/engine/answers.js';
import { Session } from '../../src/lab/engine/session.js';
import { plans } from '../../src/lab/plans.js';
import { percent, short } from '../../src/words.js';
import { sameBits } from '../helpers/arrays.js';
import { openLab, until, visible } from '../helpers/lab-page.js';
import { mnistImages } from '../helpers/mnist.js';
import { lenetOf, mnistSpec } from '../helpers/networks.js';

const cli = fileURLToPath(new URL('../../src/cli.js', import.meta.url));
const lab = await openLab();
const { visit } = lab;

const textOf = async (page: Page, selector: string) =>
  (await page.locator(`${visible} ${selector}`).first().textContent()) ?? '';

/** Tab until what has the focus is called so. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let i = 0; i < 150; i++) {
    await page.keyboard.press('Tab');
    const found = await page.evaluate(() => {
      const { activeElement: element } = document;
      if (element === document.body) return '';
      const label = element?.closest('label')?.textContent ?? '';
      return `${element?.getAttribute('aria-label') ?? ''} ${label} ${element?.tagName === 'SELECT' ? '' : (element?.textContent ?? '')}`;
    });
    if (name.test(found)) return;
  }
  throw new Error(`nothing that is called ${name} can be reached with Tab`);
}

test('a whole visit by keyboard alone, and a link that leads to the same state', async (t) => {
  const { page, complaints } = await visit();
  t.equal(await page.getAttribute('html', 'data-backend'), 'simd', 'without any header about isolation');
  t.equal(await page.evaluate(() => crossOriginIsolated), false);
  await until(page, '.status', /Paused at mini-batch 0/);

  await tabTo(page, /^ *Train$/);
  await page.keyboard.press('Enter');
  await until(page, '.status', /Training at mini-batch (?!0 )/);
  await page.waitForFunction(() => Number(/\d+/.exec(document.querySelector('.status')?.textContent ?? '')?.[0]) >= 60);
  await page.keyboard.press('Enter');
  await until(page, '.status', /Paused at mini-batch/);
  const step = /batch (\d+)/.exec(await textOf(page, '.status'))?.[1];
  await tabTo(page, /One mini-batch/);
  await page.keyboard.press('Enter');
  await until(page, '.status', new RegExp(`Paused at mini-batch ${Number(step) + 1} `));

  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  await tabTo(page, /2 *Look/);
  await page.keyboard.press('Enter');
  await until(page, 'h3', /Up through normalize/);
  await tabTo(page, /^ *Draw$/);
  await page.keyboard.press('Enter');
  await until(page, '.picture p', /Draw with finger/);
  await tabTo(page, /your drawing/);
  const before = page.url();
  await page.keyboard.down('Space');
  for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowRight');
  await page.keyboard.up('Space');
  await page.waitForFunction((url) => location.href !== url && location.hash.includes('image=d'), before);

  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  for (let i = 0; i < 14; i++) await page.keyboard.press('ArrowRight');
  await until(page, 'h3', /Down through fc3/);
  t.match(await textOf(page, '.steps'), /not computed yet/);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await until(page, 'h3', /Down through fc2/);
  await tabTo(page, /BP: error below fc2/);
  await page.keyboard.press('ArrowRight');
  await until(page, '.number', /BP: fc2\.dx\[/);
  for (const [rule, verdict] of [
    ['BP', /They agree/],
    ['FA', /They don’t agree/],
  ] as const) {
    await tabTo(page, new RegExp(`Check it, ${rule}`));
    await page.keyboard.press('Enter');
    await until(page, '.verdict', verdict);
  }

  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  await tabTo(page, /3 *Attack/);
  await page.keyboard.press('Enter');
  await until(page, '.verdict', /withstands|fooled|zero|already/);
  await tabTo(page, /pixel units/);
  await page.keyboard.press('ArrowRight');
  await until(page, 'output', /0\.21/);
  await until(
    page,
    '.lesson',
    /(still|fooled|zero)[\s\S]*(still|fooled|zero)[\s\S]*(still|fooled|zero)[\s\S]*(still|fooled|zero)/,
  );
  const probabilities = () => page.locator(`${visible} .probabilities`).allTextContents();
  await page.waitForFunction(() => /epsilon=0\.21/.test(location.hash));
  await page.waitForTimeout(500);
  const seen = await probabilities();

  const second = await visit(new URL(page.url()).hash.slice(1));
  await second.page.waitForFunction((hash) => location.hash === hash, new URL(page.url()).hash);
  await until(second.page, '.verdict', /withstands|fooled|zero|already/);
  await second.page.waitForTimeout(500);
  t.same(
    await second.page.locator(`${visible} .probabilities`).allTextContents(),
    seen,
    'the same numbers, to the last digit shown',
  );
  t.equal(new URL(second.page.url()).hash, new URL(page.url()).hash);
  t.same([...complaints, ...second.complaints], []);
  await page.close();
  await second.page.close();
});

const settings: Settings = {
  rule: 'fa',
  seed: 1,
  activation: 'relu',
  initializer: 'kaiming-uniform',
  ...plans.tuned.training.fa,
};

test('training, errors and gradients have Node’s very bits, along both ways', async (t) => {
  const images = await mnistImages(640, 64);
  const image = Float32Array.from(images.test.pixels.subarray(0, 784), (value) => value / 255);
  const { page, complaints } = await visit();
  const answers = await page.evaluate(
    async ({ chosen, numbers, train, check }) => {
      const worker = new Worker('./worker.js', { type: 'module' });
      const call = (method: string, ...parameters: unknown[]) =>
        new Promise<unknown>((resolve, reject) => {
          worker.onmessage = ({ data }) => ('error' in data ? reject(new Error(data.error)) : resolve(data.value));
          worker.postMessage({ id: 0, method, parameters });
        });
      const bytes = (text: string) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
      const set = { pixels: bytes(train.pixels), labels: bytes(train.labels), count: train.count };
      await call('setImages', { train: set, test: set });
      await call('begin', chosen);
      await call('advance', 10, 1e9);
      const { values } = (await call('parameters')) as { values: Float32Array };
      // The margin's gradient is exact in any engine; cross-entropy's exponentials may differ in the last place.
      const trace = (await call('trace', Float32Array.from(numbers), 7, check)) as Trace<Float32Array>;
      const list = (array: Float32Array | undefined) => Array.from(array ?? []);
      return {
        values: list(values),
        layers: trace.layers.map(({ y, own, exact }) =>
          [y, own.dx, own.dw, own.db, exact.dx, exact.dw, exact.db].map(list),
        ),
      };
    },
    {
      chosen: settings,
      numbers: [...image],
      check: 'margin' as const,
      train: {
        pixels: Buffer.from(images.train.pixels).toString('base64'),
        labels: Buffer.from(images.train.labels).toString('base64'),
        count: 640,
      },
    },
  );
  const session = new Session(await loadKernels('simd'));
  session.setImages({ train: images.train, test: images.train });
  session.begin(settings);
  session.advance(10, 1e9);
  t.ok(sameBits(Float32Array.from(answers.values), session.parameters().values), 'ten training steps');
  const { layers } = session.trace(image, 7, 'margin');
  for (const [l, { name, y, own, exact }] of layers.entries()) {
    const here = [y, own.dx, own.dw, own.db, exact.dx, exact.dw, exact.db];
    const same = here.every((array, i) =>
      sameBits(Float32Array.from(answers.layers[l][i]), array ?? new Float32Array()),
    );
    t.ok(same, name);
  }
  t.same(complaints, []);
  await page.close();
});

test('every number shown for an image is inspect’s, on the same run', async (t) => {
  const kernels = await loadKernels();
  const config = await readFile(new URL('../../../test/fixtures/lab/config.json', import.meta.url), 'utf8');
  const file = (rule: 'bp' | 'fa') => Buffer.from(saveNetwork(mnistSpec, rule, lenetOf(rule, kernels).parameters));
  const folder = t.testdir({ 'config.json': config, 'bp.safetensors': file('bp'), 'fa.safetensors': file('fa') });
  const { stdout } = await promisify(execFile)(process.execPath, [cli, 'inspect', folder, '--image', '5', '--json'], {
    maxBuffer: 1e8,
  });
  const expected = JSON.parse(stdout);
  const own = await openLab(folder, lab.browser);
  const { page, complaints } = await own.visit('look&image=5');
  for (let step = 0; step < 27; step++) {
    await until(page, 'h3', step < 13 ? /Up through/ : step === 13 ? /The loss/ : /Down through/);
    const cards = await page.locator(`${visible} .facts`).allTextContents();
    for (const [i, rule] of (['bp', 'fa'] as const).entries()) {
      const { layers, loss, logits, probabilities } = expected.networks[rule];
      if (step < 13) {
        const { least, greatest, zeros } = layers[step].forward;
        t.equal(cards[i], `range${short(least)} … ${short(greatest)}zeros${percent(zeros)}`, `${rule} ${step}`);
      } else if (step === 13) {
        t.ok(cards[i].startsWith(`loss${short(loss)}`), cards[i]);
        for (const [c, logit] of logits.entries())
          t.ok(cards[i].includes(`logit ${short(logit)}, softmax ${short(probabilities[c])}`));
      } else {
        const { error, gradient } = layers[26 - step];
        const degrees = (angle: number | null) => (angle === null ? '–' : `${angle.toFixed(1)}°`);
        t.ok(
          cards[i].startsWith(
            `size of δ${short(error.own.size)}zeros of δ${percent(error.own.zeros)}δ to the true δ${degrees(error.angle)}`,
          ),
          cards[i],
        );
        if (gradient)
          t.ok(
            cards[i].endsWith(`size of dW${short(gradient.own.size)}dW to the true dW${degrees(gradient.angle)}`),
            cards[i],
          );
      }
    }
    if (step === 26) break;
    await page.getByRole('button', { name: 'step on' }).click();
    await page.waitForFunction((walk) => location.hash.includes(`walk=${walk}`), step + 1);
  }
  t.same(complaints, []);
  await page.close();

  const moved = await promisify(execFile)(
    process.execPath,
    [cli, 'inspect', folder, '--image', '5', '--epsilon', '0.2', '--attack', 'bim', '--path', 'true', '--json'],
    { maxBuffer: 1e8 },
  );
  const { fa } = JSON.parse(moved.stdout).networks;
  const again = await own.visit('look&image=5&walk=26&path=true');
  const box = again.page.getByRole('checkbox', { name: /moved by BIM at ε = 0.2, against FA/ });
  await until(again.page, 'h3', /Down through normalize/);
  await box.check();
  const { own: below } = fa.layers[0].error;
  const wanted = `size of δ${short(below.size)}zeros of δ${percent(below.zeros)}`;
  await again.page.waitForFunction(
    (text) => Array.from(document.querySelectorAll('.facts')).some((card) => card.textContent?.startsWith(text)),
    wanted,
    { timeout: 10_000 },
  );
  t.match(again.page.url(), /moved=1/, 'the adversarial image, layer by layer, and in the link');
  t.same(again.complaints, []);
  await again.page.close();
  await own.close();
});

test('where WebAssembly has no SIMD the plain kernels work, and the page says so', async (t) => {
  const { page } = await visit('learn', {
    prepare: (fresh) =>
      fresh.route('**/worker.js', async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, body: `WebAssembly.validate = () => false;\n${await response.text()}` });
      }),
  });
  // Imports run before the line above: the worker's own parts are asked when the kernels are loaded, after it.
  t.equal(await page.getAttribute('html', 'data-backend'), 'reference');
  await until(page, '.status', /no WebAssembly SIMD: slow kernels/);
  await page.getByRole('button', { name: 'One mini-batch' }).click();
  await until(page, '.status', /Paused at mini-batch 1 /);
  await page.close();
});

test('the end', () => lab.close());
