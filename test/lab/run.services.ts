import { readFile } from 'node:fs/promises';
import { test } from 'tap';
import { loadKernels, saveNetwork } from '../../src/core.js';
import { views } from '../../src/lab/address.js';
import { buildLayers } from '../../src/models/index.js';
import type { RuleName } from '../../src/rules/index.js';
import { openLab, until, visible } from '../helpers/lab-page.js';
import { mnistSpec, networkOf } from '../helpers/networks.js';

const kernels = await loadKernels();
const config = JSON.parse(await readFile(new URL('../../../test/fixtures/lab/config.json', import.meta.url), 'utf8'));

for (const spec of [
  { ...mnistSpec, activation: 'tanh' as const },
  { ...mnistSpec, model: 'resnet8' as const },
]) {
  test(`a run of three networks, ${spec.model} with ${spec.activation}: all four steps, and nothing that trains`, async (t) => {
    const file = (rule: RuleName) =>
      Buffer.from(saveNetwork(spec, rule, networkOf(buildLayers(spec), rule, kernels).parameters));
    const { bp, fa } = config.training;
    const { model, activation } = spec;
    const run = await openLab(
      t.testdir({
        'config.json': JSON.stringify({ ...config, model, activation, training: { bp, fa, kp: fa } }),
        'bp.safetensors': file('bp'),
        'fa.safetensors': file('fa'),
        'kp.safetensors': file('kp'),
      }),
    );
    const { page, complaints } = await run.visit('learn');
    await page.locator(`${visible} select`).nth(1).selectOption('kp');
    await page.waitForFunction(() => location.hash.includes('rules=bp,kp'));
    await until(page, '.card h3', /Kolen/);
    await until(page, '.card', /accuracy on 500 test images\d/);
    t.equal(await page.getByRole('button', { name: /Train|mini-batch|anew/ }).count(), 0, 'nothing to press in vain');
    t.equal(await page.locator(`${visible} .chart`).count(), 0, 'no chart of a training that was elsewhere');

    await page.getByRole('button', { name: '2 Look' }).click();
    await until(page, 'h3', /Up through normalize/);
    const last = (await page.locator('.steps button').count()) - 1;
    await page.locator('.steps button').nth(last).click();
    await until(page, 'h3', /Down through normalize/);
    await until(page, '.facts', /size of δ/);
    await page.getByRole('button', { name: '3 Attack' }).click();
    await until(page, '.verdict', /withstands|fooled|zero|already/);
    const slider = page.locator(`${visible} input[type=range]`);
    for (const epsilon of ['0.4', '0.05', '0.3']) await slider.fill(epsilon);
    await page.waitForFunction(() => location.hash.includes('epsilon=0.3'));
    const table = `${visible} .lesson[aria-busy=false]`;
    const linked = await run.visit(new URL(page.url()).hash.slice(1));
    t.equal(await page.textContent(table), await linked.page.textContent(table), 'the four ways at the last ε');
    await linked.page.close();
    await page.getByRole('button', { name: '4 Why' }).click();
    await until(page, '.status', /Computed on (?!0 )/);
    await until(page, 'p', /stands at \d+\.\d° to the true one/);
    t.notMatch(await page.locator(visible).textContent(), /one digit in ten|right angle/, 'no number that is typed');
    t.equal(await page.getByRole('button', { name: /Train/ }).count(), 0);
    t.same(complaints, []);
    await run.close();
  });
}

test('a link’s step is shown at once, before its networks are there', async (t) => {
  const lab = await openLab();
  for (const view of views) {
    const { page, complaints } = await lab.visit(`${view}&step=5`);
    await page.waitForFunction(() => document.querySelector('nav [aria-current]'));
    t.match(await page.locator('nav [aria-current]').textContent(), new RegExp(view, 'i'));
    await page.waitForTimeout(1500);
    t.match(page.url(), /step=5/);
    t.same(complaints, []);
    await page.close();
  }
  await lab.close();
});
