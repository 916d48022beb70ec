import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'tap';
import { loadKernels } from '../src/core.js';
import { launchChromium } from './helpers/browser.js';
import type { BrowserAnswer } from './helpers/browser-worker.js';
import { bundle } from './helpers/bundle.js';
import { trainSmall } from './helpers/small-training.js';

/** Serves the files under localhost, with no header about isolation. */
async function serve(files: Readonly<Record<string, { type: string; body: string | Uint8Array }>>) {
  const server = createServer(({ url }, response) => {
    const file = files[url ?? ''];
    if (!file) return response.writeHead(404).end();
    return response.writeHead(200, { 'content-type': file.type }).end(file.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://localhost:${(server.address() as AddressInfo).port}/`, close: () => server.close() };
}

test('in Chromium, on a page without cross-origin isolation, a module worker trains on the SIMD kernels: the same weights as here, to the bit', async (t) => {
  const { outputFiles } = await bundle(new URL('./helpers/browser-worker.js', import.meta.url));
  const server = await serve({
    '/': { type: 'text/html', body: '<!doctype html><title>test</title>' },
    '/worker.js': { type: 'text/javascript', body: outputFiles[0].text },
    '/kernels.wasm': {
      type: 'application/octet-stream', // as a server answers that doesn't know the type
      body: await readFile(new URL('../src/tensor/kernels.wasm', import.meta.url)),
    },
  });
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.goto(server.url);
    const answer = await page.evaluate(
      () =>
        new Promise<BrowserAnswer>((resolve, reject) => {
          const worker = new Worker('/worker.js', { type: 'module' });
          worker.onmessage = ({ data }) => resolve(data);
          worker.onerror = ({ message }) => reject(new Error(message));
        }),
    );
    const { crossOriginIsolated, globalSharedArrayBuffer, posting, ...trained } = answer;
    t.equal(crossOriginIsolated, false);
    t.equal(globalSharedArrayBuffer, false, 'the constructor is hidden');
    t.equal(trained.backend, 'simd');
    t.same(trained, trainSmall(await loadKernels('simd')));
    t.ok(trained.losses[2] < trained.losses[0], 'it has learnt');
    t.match(posting, /DataCloneError/, 'without isolation the heap belongs to one thread');
  } finally {
    await browser.close();
    server.close();
  }
});
