/*
 * `npm run bench:lab` measures the speed of the lab's page, served from this machine, in Debian's Chromium (set
 * CHROMIUM for another). Each number stands beside its target. The machine must do nothing else: the page trains two
 * networks in two workers while it draws.
 */
import { readdirSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { serveLab } from '../src/commands/lab.js';
import { firstImages, loadKernels } from '../src/core.js';
import { datasets } from '../src/datasets/index.js';
import { initialState } from '../src/lab/address.js';
import type { Settings } from '../src/lab/engine/answers.js';
import { Session } from '../src/lab/engine/session.js';
import { plans } from '../src/lab/plans.js';
import { textTable } from '../src/report/text.js';
import { launchChromium } from '../test/helpers/browser.js';
import { environment, environmentText } from './environment.js';
import { median, secondsSince } from './measure.js';
import { digits, timeText } from './report.js';

/** The number of mini-batches in a turn of training, and the number of turns. */
const STEPS = 150;
const TURNS = 5;
/** Milliseconds for which the page is observed during training. */
const WATCHED = 10_000;

const browser = await launchChromium();
const server = await serveLab(undefined, 0);
const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

async function visit(fragment = ''): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
  await page.goto(`${address}#${fragment}`);
  await page.waitForSelector('html[data-ready=true]');
  return page;
}

/** Returns the gzipped bytes of the JavaScript and WebAssembly that the page loads by itself. */
async function loadedBytes(): Promise<number> {
  const page = await browser.newPage();
  const names = new Set<string>();
  page.context().on('request', (request) => names.add(new URL(request.url()).pathname.slice(1)));
  await page.goto(address);
  await page.waitForSelector('html[data-ready=true]');
  await page.close();
  const folder = fileURLToPath(new URL('../lab/', import.meta.url));
  const loaded = readdirSync(folder).filter((name) => names.has(name) && /\.(js|wasm)$/.test(name));
  return loaded.reduce((sum, name) => sum + gzipSync(readFileSync(`${folder}${name}`)).length, 0);
}

/** Measures the seconds until the first paint, and until the page is ready. */
async function opening(): Promise<{ painted: number; ready: number }> {
  const page = await visit();
  const painted = await page.evaluate(
    () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? performance.now(),
  );
  const ready = await page.evaluate(() => performance.now());
  await page.close();
  return { painted: painted / 1000, ready: ready / 1000 };
}

const { activation, initializer, training } = plans[initialState.plan];
const settings: Settings = { ...training.bp, rule: 'bp', seed: 1, activation, initializer };

/**
 * Measures the training speed of one network, in images per second for each turn: in a worker of the page, and in an
 * equal session in Node.
 */
async function trainingRates(): Promise<{ page: number[]; node: number[] }> {
  const rates: { page: number[]; node: number[] } = { page: [], node: [] };
  const mnist = await datasets.mnist.load();
  const session = new Session(await loadKernels());
  session.setImages({ train: firstImages(mnist.train, 20_000), test: firstImages(mnist.test, 100) });
  session.begin(settings);
  const page = await browser.newPage();
  await page.goto(`${address}index.html`);
  await page.waitForSelector('html[data-ready=true]');
  await page.evaluate(
    async ([chosen]) => {
      const worker = new Worker('./worker.js', { type: 'module' });
      let id = 0;
      const call = (method: string, ...parameters: unknown[]) =>
        new Promise<unknown>((resolve, reject) => {
          const own = id++;
          const hear = ({ data }: MessageEvent<{ id: number; value?: unknown; error?: string }>) => {
            if (data.id !== own) return;
            worker.removeEventListener('message', hear);
            if (data.error === undefined) resolve(data.value);
            else reject(new Error(data.error));
          };
          worker.addEventListener('message', hear);
          worker.postMessage({ id: own, method, parameters });
        });
      const response = await fetch('train.gz');
      const stream = (response.body as ReadableStream<Uint8Array>).pipeThrough(
        new DecompressionStream('gzip') as ReadableWritablePair<Uint8Array, Uint8Array>,
      );
      const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
      const count = bytes.length / 785;
      const train = { count, pixels: bytes.subarray(0, count * 784), labels: bytes.subarray(count * 784) };
      await call('setImages', { train });
      await call('begin', chosen);
      (globalThis as unknown as { call: typeof call }).call = call;
    },
    [settings] as const,
  );
  for (let turn = 0; turn <= TURNS; turn++) {
    const target = (turn + 1) * STEPS;
    const here = session.advance(target, Number.POSITIVE_INFINITY);
    const there = await page.evaluate(async (to) => {
      const { call } = globalThis as unknown as { call: (method: string, ...more: unknown[]) => Promise<unknown> };
      return (await call('advance', to, 1e9)) as { images: number; seconds: number };
    }, target);
    if (turn === 0) continue; // at first, V8 still improves the compiled code
    rates.node.push(here.images / here.seconds);
    rates.page.push(there.images / there.seconds);
  }
  await page.close();
  return rates;
}

/** Measures the seconds from a click on Train until the page shows an accuracy of BP of at least 95 %. */
async function toNinetyFive(): Promise<number> {
  const page = await visit();
  await page.waitForFunction(() => {
    const button = Array.from(document.querySelectorAll('button')).find(
      ({ textContent }) => textContent?.trim() === 'Train',
    );
    return button !== undefined && !button.disabled;
  });
  const started = performance.now();
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await page.waitForFunction(
    () => {
      const bp = document.querySelector('section:not([hidden]) dl dd')?.textContent ?? '';
      return Number.parseFloat(bp) >= 95;
    },
    undefined,
    { polling: 20, timeout: 60_000 },
  );
  const seconds = secondsSince(started);
  await page.close();
  return seconds;
}

/** Measures the seconds from pressing a key until its change is painted; returns the longest of all steps. */
async function stepping(): Promise<number> {
  const page = await visit('look');
  await page.waitForFunction(() => document.querySelector('section:not([hidden]) h3') !== null);
  await page.waitForTimeout(1000);
  const seconds = await page.evaluate(async () => {
    const all: number[] = [];
    for (let step = 0; step < 20; step++) {
      const started = performance.now();
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }));
      // When the second frame is drawn, the first has been painted.
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      all.push((performance.now() - started) / 1000);
    }
    return all;
  });
  await page.close();
  return Math.max(...seconds);
}

/**
 * Measures the seconds from changing ε until the new adversarial image's probabilities appear, for BIM with 10 steps;
 * returns the median.
 */
async function movingEpsilon(): Promise<number> {
  const page = await visit('attack');
  await page.waitForFunction(() => document.querySelector('section:not([hidden]) .probabilities') !== null);
  await page.waitForTimeout(2000);
  const seconds = await page.evaluate(async () => {
    const slider = document.querySelector('section:not([hidden]) input[type=range]') as HTMLInputElement;
    const shown = document.querySelector('section:not([hidden]) .verdict') as HTMLElement;
    const all: number[] = [];
    for (let i = 0; i < 9; i++) {
      const changed = new Promise((resolve) => {
        const observer = new MutationObserver(() => {
          observer.disconnect();
          resolve(undefined);
        });
        const options = { subtree: true, childList: true, characterData: true, attributes: true };
        for (const each of Array.from(document.querySelectorAll('section:not([hidden]) .probabilities'))) {
          observer.observe(each, options);
        }
        observer.observe(shown, options);
      });
      const started = performance.now();
      slider.value = `${Number(slider.value) + Number(slider.step)}`;
      slider.dispatchEvent(new Event('input', { bubbles: true }));
      await Promise.race([changed, new Promise((resolve) => setTimeout(resolve, 2000))]);
      all.push((performance.now() - started) / 1000);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    return all;
  });
  await page.close();
  return median(seconds);
}

/** Measures the longest task on the main thread while both networks train, in seconds. */
async function longestTask(): Promise<number> {
  const page = await visit();
  await page.evaluate(() => {
    const found: number[] = [];
    (globalThis as unknown as { found: number[] }).found = found;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) found.push(entry.duration);
    }).observe({ type: 'longtask' });
  });
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await page.waitForTimeout(WATCHED);
  const longest = await page.evaluate(() => Math.max(0, ...(globalThis as unknown as { found: number[] }).found));
  await page.close();
  return longest / 1000;
}

process.stdout.write(`${environmentText(environment())}\n\n`);
try {
  const rates = await trainingRates();
  const [inPage, inNode] = [median(rates.page), median(rates.node)];
  const { painted, ready } = await opening();
  const longest = await longestTask();
  const rows = [
    ['training, images/s, one rule, one worker, in the page', digits(inPage), ''],
    ['training, images/s, the same in Node', digits(inNode), ''],
    ['speed in the page / speed in Node', `${(inPage / inNode).toFixed(2)} ×`, '≥ 0.85 ×'],
    ['time from a click on Train to an accuracy of BP of 95 %', timeText(await toNinetyFive()), '< 5 s'],
    ['size of loaded JavaScript and WebAssembly, gzipped', `${digits((await loadedBytes()) / 1000)} kB`, '≤ 150 kB'],
    ['time to the first paint', timeText(painted), '≤ 1 s'],
    ['time until the page is ready', timeText(ready), ''],
    ['time to paint a step, the longest of 20', timeText(await stepping()), '≤ 50 ms'],
    ['time to attack after a change of ε, BIM with 10 steps', timeText(await movingEpsilon()), '≤ 100 ms'],
    [
      `longest task of the main thread in ${WATCHED / 1000} s of training`,
      longest === 0 ? 'under 50 ms' : timeText(longest),
      '≤ 50 ms',
    ],
  ];
  process.stdout.write(`${textTable(['the lab', 'measured', 'target'], rows, 1)}\n`);
} finally {
  await browser.close();
  server.close();
}
