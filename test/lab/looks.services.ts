import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { test } from 'tap';
import { views } from '../../src/lab/address.js';
import { openLab, until } from '../helpers/lab-page.js';

const lab = await openLab();
const { visit } = lab;
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

test('axe finds nothing', async (t) => {
  for (const view of views) {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page } = await visit(`${view}&step=20&walk=16`, { colorScheme });
      await page.waitForTimeout(4000);
      await page.evaluate(`{ ${axe} }`).catch(() => {});
      const found = await page.evaluate(
        `(async () => { const { violations } = await axe.run(); return violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html, failureSummary }) => html.slice(0, 120) + ' ' + failureSummary).join(' | ')); })()`,
      );
      t.same(found, [], `${view}, ${colorScheme}`);
      await page.close();
    }
  }
});

const WIDTHS = [360, 768, 1280, 1920];

test('every step fits every width', async (t) => {
  const { page } = await visit('learn');
  for (const [i, view] of views.entries()) {
    await page.locator('nav button').nth(i).click();
    await page.waitForFunction((name) => location.hash.startsWith(`#${name}`), view);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      t.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, `${view} at ${width} px`);
      t.same(await spilled(page), [], `${view} at ${width} px: nothing over a card's edge`);
    }
  }
  await page.close();
});

/** What reaches beyond the card that it stands in. */
const spilled = (page: Page) =>
  page.evaluate(() =>
    Array.from(document.querySelectorAll('section:not([hidden]) .card')).flatMap((card) => {
      const { right } = card.getBoundingClientRect();
      return Array.from(card.querySelectorAll('*'))
        .filter((part) => part.getBoundingClientRect().right > right + 1 && !part.closest('.unseen'))
        .map((part) => `${part.className} ${part.textContent}`);
    }),
  );

test('stepping through the layers moves nothing on the page, but where the loss lists its ten digits', async (t) => {
  for (const width of WIDTHS) {
    const { page } = await visit('look', { width });
    await until(page, '.number', /normalize/);
    const tops = new Set<number>();
    for (let step = 0; step < 27; step++) {
      if (step === 13) continue;
      await page.locator('.steps button').nth(step).click();
      await page.waitForFunction((at) => (/walk=(\d+)/.exec(location.hash)?.[1] ?? '0') === `${at}`, step);
      await until(page, 'h3', step < 13 ? /Up through/ : /Down through/);
      tops.add(
        await page.evaluate(() =>
          Math.round((document.querySelector('.equation')?.getBoundingClientRect().top ?? 0) + scrollY),
        ),
      );
    }
    t.equal(tops.size, 1, `${width} px: ${[...tops]}`);
    await page.close();
  }
});

test('the page opens without jumps', async (t) => {
  for (const view of views) {
    for (const width of [360, 1280]) {
      const { page } = await visit(view, {
        width,
        prepare: (fresh) =>
          fresh.addInitScript(() => {
            Object.assign(globalThis, { shifted: 0 });
            new PerformanceObserver((list) => {
              for (const entry of list.getEntries()) {
                Object.assign(globalThis, {
                  shifted: Reflect.get(globalThis, 'shifted') + Reflect.get(entry, 'value'),
                });
              }
            }).observe({ type: 'layout-shift', buffered: true });
          }),
      });
      await page.waitForTimeout(2000);
      const shifted = (await page.evaluate('shifted')) as number;
      t.ok(shifted < 0.1, `${view} at ${width} px: ${shifted}, where 0.1 is called good`);
      await page.close();
    }
  }
});

test('the end', () => lab.close());
