/* A small run's report in a real browser. */
import { readFile, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { test } from 'tap';
import { writeReport } from '../../src/experiment/report.js';
import { reportPage } from '../../src/report/page/page.js';
import { launchChromium } from '../helpers/browser.js';
import { call, smallRun } from '../helpers/command-line.js';
import { exampleGallery } from '../helpers/gallery-example.js';
import { exampleResults } from '../helpers/results-example.js';

const require = createRequire(import.meta.url);
const browser = await launchChromium();

/** A page of a file; what it complains of, or asks for, is collected. */
async function visit(file: string, options: BrowserContextOptions = {}) {
  const page = await browser.newPage({ viewport: { width: 1100, height: 900 }, ...options });
  const complaints: string[] = [];
  const url = pathToFileURL(file).href;
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => {
    complaints.push(dialog.message());
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (request.url() !== url && !request.url().startsWith('data:')) complaints.push(`asks for ${request.url()}`);
  });
  await page.goto(url);
  return { page, complaints };
}

async function violations(page: Page): Promise<string[]> {
  const source = await readFile(require.resolve('axe-core/axe.min.js'), 'utf8');
  // Evaluated by the debugger, which no policy of the page refuses.
  return await page.evaluate(`${source}; axe.run().then(({ violations }) =>
    violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 200)).join(' | ')))`);
}

const opened = (page: Page) =>
  page.evaluate(
    () => Array.from(document.querySelectorAll('details'), (each) => Object.assign(each, { open: true })).length,
  );

/** What a fold holds that can't be seen, by its summary. */
const unseen = (page: Page) =>
  page.evaluate(() =>
    Array.from(document.querySelectorAll('details'))
      .filter((each) => !each.lastElementChild?.checkVisibility({ contentVisibilityAuto: true }))
      .map((each) => each.querySelector('summary')?.textContent),
  );

/** As {@link unseen}, in print: Chromium lays out what a fold held only with the frames after the change of medium. */
async function unprinted(page: Page) {
  await page.emulateMedia({ media: 'print' });
  const deadline = performance.now() + 5000;
  let left = await unseen(page);
  while (left.length > 0 && performance.now() < deadline) {
    await page.waitForTimeout(20);
    left = await unseen(page);
  }
  await page.emulateMedia({ media: 'screen' });
  return left;
}

test('the report of a small run', async (t) => {
  const folder = t.testdir({});
  const { code, stderr } = await call(['mnist', ...smallRun, '--out', join(folder, 'run')], folder);
  t.equal(code, 0, stderr);
  const file = join(folder, 'run', 'report.html');
  const began = performance.now();
  await writeReport(join(folder, 'run'));
  t.ok(performance.now() - began < 3000, 'is written in three seconds');
  t.ok((await stat(file)).size < 1_500_000, 'has 1.5 MB at most');
  t.notOk((await readFile(file, 'utf8')).includes(folder), 'tells no path');

  for (const [name, options] of Object.entries<BrowserContextOptions>({
    light: { colorScheme: 'light' },
    dark: { colorScheme: 'dark' },
    narrow: { viewport: { width: 360, height: 740 } },
    'without scripts': { javaScriptEnabled: false },
  })) {
    const { page, complaints } = await visit(file, options);
    if (name === 'narrow') {
      const long = await page.evaluate(() => document.documentElement.scrollHeight);
      t.ok(long < 4500, `on a telephone what is secondary is folded: ${long} px`);
    }
    t.ok((await unseen(page)).length > 10, `${name}: on a screen much is folded`);
    t.same(await unprinted(page), [], `${name}: in print nothing is`);
    if (options.javaScriptEnabled !== false) {
      t.same(await violations(page), [], `${name}: folded`);
      await opened(page);
      t.same(await violations(page), [], `${name}: unfolded`);
    }
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    t.ok(wide <= 0, `${name}: the page itself does not scroll sideways`);
    t.same(complaints, [], name);
    await page.close();
  }

  const { page } = await visit(file, { javaScriptEnabled: false });
  for (const heading of ['Verdict', 'What was measured', 'Figures', 'Gallery', 'Training', 'How it was made']) {
    t.equal(await page.getByRole('heading', { name: heading, exact: true }).count(), 1, `without scripts: ${heading}`);
  }
  const parts = page.locator('details.epsilon');
  t.ok((await parts.count()) > 1, 'several ε are there');
  await parts.last().locator('> summary').click();
  t.ok(await parts.last().locator('img').first().isVisible(), 'each of which opens without a script');
  const drawn = await page.evaluate(() => Array.from(document.images, ({ naturalWidth }) => naturalWidth));
  t.ok(drawn.length > 100 && drawn.every((width) => width === 28), 'every picture is one of 28 pixels');
  await page.close();
});

test('with scripts the slider shows one ε, and tables sort: by keyboard', async (t) => {
  const folder = t.testdir({});
  const text = reportPage({
    dataset: 'mnist',
    results: exampleResults(),
    epochs: [],
    gallery: exampleGallery,
    figures: new Map(),
  });
  await writeFile(join(folder, 'report.html'), text);
  const { page, complaints } = await visit(join(folder, 'report.html'));
  const visible = () => page.locator('details.epsilon:visible summary').allTextContents();
  t.same(await visible(), ['ε = 0.2']);
  await page.getByRole('slider', { name: /ε of the gallery/ }).focus();
  await page.keyboard.press('ArrowRight');
  t.same(await visible(), ['ε = 0.4']);
  t.equal(await page.getByRole('slider').getAttribute('aria-valuetext'), 'ε = 0.4');

  const table = page.locator('table', { has: page.locator('caption', { hasText: 'Accuracy of each network' }) });
  const firsts = () => table.locator('tbody td:first-child').allTextContents();
  t.same(await firsts(), ['BP', 'FA']);
  await table.getByRole('button', { name: 'Network' }).focus();
  await page.keyboard.press('Enter');
  t.equal(await table.locator('th').first().getAttribute('aria-sort'), 'ascending');
  await page.keyboard.press('Space');
  t.equal(await table.locator('th').first().getAttribute('aria-sort'), 'descending');
  t.same(await firsts(), ['FA', 'BP']);
  await table.getByRole('button', { name: 'Clean accuracy' }).focus();
  await page.keyboard.press('Enter');
  t.equal(await table.locator('th[aria-sort]').count(), 1, 'one column at a time');
  t.same(complaints, []);
  await page.close();
});

test('names that try to break out are shown as text', async (t) => {
  const evil = `</script></style>"'><img src=x onerror=alert(1)><script>alert(1)</script>`;
  const results = JSON.stringify({ ...exampleResults(), dataset: evil });
  const folder = t.testdir({
    'results.json': results.replaceAll('"bp"', JSON.stringify(evil)),
    'gallery.json': JSON.stringify({ ...exampleGallery, classes: [evil, evil], attack: evil }),
  });
  await writeReport(folder);
  const { page, complaints } = await visit(join(folder, 'report.html'));
  t.same(complaints, []);
  t.ok((await page.locator('h1').textContent())?.includes(evil), 'in the heading');
  t.ok((await page.locator('.gallery').textContent())?.includes(evil), 'in the gallery');
  t.equal(await page.locator('script').count(), 1);
  t.equal(await page.locator('img:not([src^="data:image/png"])').count(), 0);
  await page.close();
});

test('under a policy that blocks pictures and styles, as Jenkins sets it, every word is apart from the next', async (t) => {
  const text = reportPage({
    dataset: 'mnist',
    results: exampleResults(),
    epochs: [],
    gallery: exampleGallery,
    figures: new Map(),
  });
  const page = await browser.newPage();
  const policy = "sandbox; default-src 'none'; img-src 'self'; style-src 'self'";
  await page.route('http://report.test/', (route) =>
    route.fulfill({ body: text, contentType: 'text/html', headers: { 'content-security-policy': policy } }),
  );
  await page.goto('http://report.test/');
  const found = await page.evaluate(() => {
    for (const fold of Array.from(document.querySelectorAll('details'))) fold.open = true;
    return {
      styled: getComputedStyle(document.querySelector('.fooled') as Element).fontWeight !== '400',
      lines: document.body.innerText.split('\n').map((line) => line.trim()),
      pictures: Array.from(document.images, ({ alt, naturalWidth }) => ({ alt, shown: naturalWidth > 0 })),
    };
  });
  t.equal(found.styled, false, 'the style is blocked');
  t.ok(
    found.pictures.every(({ alt, shown }) => alt !== '' && !shown),
    'blocked pictures have a text in their place',
  );
  t.ok(
    found.lines.some((line) => /^BP: three, 60\.0\s%\s✗$/.test(line)),
    'an answer has a line of its own',
  );
  const networks = Object.keys(exampleGallery.examples[0].answers).length;
  const answers = found.lines.filter((line) => /^\w+: (three|seven), /.test(line));
  t.ok(answers.length >= networks * exampleGallery.examples.length, 'as many lines as answers');
  await page.close();
});

test('the browser is closed', async () => {
  await browser.close();
});
