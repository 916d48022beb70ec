import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { test } from 'tap';
import { serveLab } from '../../src/commands/lab.js';
import { loadKernels, saveNetwork } from '../../src/core.js';
import { mnist } from '../../src/datasets/mnist.js';
import { HASH } from '../../src/experiment/resume.js';
import { lenetOf, mnistSpec } from '../helpers/networks.js';
import { exampleResults } from '../helpers/results-example.js';

const { parameters } = lenetOf('bp', await loadKernels());
const network = (metadata?: Record<string, string>) => Buffer.from(saveNetwork(mnistSpec, 'bp', parameters, metadata));

async function get(port: number, path: string, { host = `127.0.0.1:${port}`, method = 'GET' } = {}) {
  const asked = request({ host: '127.0.0.1', port, path, method, headers: { host } }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  let body = '';
  for await (const part of answer) body += part;
  return { status: answer.statusCode, headers: answer.headers, body };
}

const page = { 'index.html': '<!doctype html><html lang="en">', 'page.js': 'x', 'kernels.wasm': 'w', 'train.gz': 'g' };
const config = (dataset: string) =>
  JSON.stringify({
    schema: 1,
    dataset,
    data: null,
    preset: 'paper',
    seed: 1,
    trainSize: null,
    testSize: null,
    model: 'lenet5',
    activation: 'relu',
    initializer: 'kaiming-uniform',
    training: { bp: { optimizer: 'sgd', learningRate: 0.1, decay: 'linear', warmupEpochs: 0, epochs: 1, batchSize: 64, momentum: 0.9, weightDecay: 0, augment: false } }, // biome-ignore format: one line
    attacks: ['fgsm'],
    epsilons: [0],
    paths: ['feedback'],
    loss: 'cross-entropy',
    attackOptions: { iterations: null, stepSize: null, momentum: null, project: true, clip: true },
    backend: 'simd',
  });

test('the page’s files and a run’s networks are served, and nothing else', async (t) => {
  const folder = t.testdir({
    page,
    run: {
      'config.json': config('mnist'),
      'bp.safetensors': network(),
      'results.json': JSON.stringify({ ...exampleResults(), seed: 1 }),
    },
    'secret.txt': 'secret',
  });
  const server = await serveLab(`${folder}/run`, 0, { page: `${folder}/page` });
  t.teardown(() => server.close());
  const { port, address } = server.address() as AddressInfo;
  t.equal(address, '127.0.0.1', 'to this machine alone');

  const first = await get(port, '/');
  t.equal(first.status, 200);
  t.match(first.body, '<html data-run="bp" lang="en">');
  t.match(first.headers['content-type'], 'text/html');
  t.match(first.headers['content-security-policy'], /default-src 'none'.*'wasm-unsafe-eval'/);
  t.notMatch(first.headers['content-security-policy'], /'unsafe-eval'/);
  t.equal(first.headers['x-content-type-options'], 'nosniff');
  for (const name of [
    'access-control-allow-origin',
    'cross-origin-opener-policy',
    'cross-origin-embedder-policy',
    'content-encoding',
  ]) {
    t.equal(first.headers[name], undefined, `no ${name}`);
  }
  t.equal((await get(port, '/kernels.wasm')).headers['content-type'], 'application/wasm');
  t.equal((await get(port, '/page.js?x=1')).body, 'x');
  t.match((await get(port, '/run/bp.safetensors')).body, 'fc1.weight');
  t.equal((await get(port, '/page.js', { host: `localhost:${port}` })).status, 200);
  t.same(await get(port, '/page.js', { method: 'HEAD' }).then(({ status, body }) => [status, body]), [200, '']);

  for (const path of [
    '/run/config.json',
    '/run/results.json',
    '/run/fa.safetensors',
    '/../secret.txt',
    '/run/../../secret.txt',
    '/%2e%2e/secret.txt',
    '//etc/passwd',
    '/constructor',
    '/run/',
  ]) {
    t.equal((await get(port, path)).status, 404, path);
  }
  for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1', '127.0.0.1:1']) {
    const { status, body } = await get(port, '/run/bp.safetensors', { host });
    t.ok(status === 421 || status === 400, `${host}: ${status}`);
    t.notMatch(body, 'fc1.weight');
  }
  t.equal((await get(port, '/', { method: 'POST' })).status, 405);
});

test('a run whose data have moved is served with --data', async (t) => {
  const moved = JSON.stringify({ ...JSON.parse(config('mnist')), data: '/gone' });
  const folder = t.testdir({ page, run: { 'config.json': moved, 'bp.safetensors': network() } });
  const serve = (data?: string) => serveLab(`${folder}/run`, 0, { page: `${folder}/page`, data });
  await t.rejects(serve(), { name: 'UserError', message: /\/gone.*If they are elsewhere now, give their folder with --data\.$/ }); // biome-ignore format: one line
  (await serve(mnist.folder())).close();
});

test('without a run the page trains; what can’t be served is said', async (t) => {
  const folder = t.testdir({
    page,
    empty: {},
    cifar: { 'config.json': config('cifar10') },
    unfinished: { 'config.json': config('mnist') },
    strange: { 'config.json': config('mnist'), 'bp.safetensors': network({ [HASH]: 'f'.repeat(64) }) },
    damaged: { 'config.json': config('mnist'), 'bp.safetensors': 'network' },
  });
  const server = await serveLab(undefined, 0, { page: `${folder}/page` });
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  t.notMatch((await get(port, '/')).body, 'data-run');
  for (const [run, message] of [
    ['empty', /empty holds no run/],
    ['cifar', /is a run on cifar10: the lab has MNIST's images alone/],
    ['strange', /strange.bp\.safetensors is not taken for this run's network/],
    ['damaged', /damaged.bp\.safetensors/],
    ['unfinished', /bp\.safetensors is not there: the run has not finished training/],
  ] as const) {
    await t.rejects(serveLab(`${folder}/${run}`, 0, { page: `${folder}/page` }), { name: 'UserError', message }, run);
  }
  await t.rejects(serveLab(undefined, port, { page: `${folder}/page` }), {
    name: 'UserError',
    message: /is taken\. Name another with --port/,
  });
  await t.rejects(serveLab(undefined, 0, { page: `${folder}/empty` }), { name: 'UserError', message: /npm run build/ });
});

const cli = fileURLToPath(new URL('../../src/cli.js', import.meta.url));

/** Serves a lab with --open until something has come to pass; only programs of one folder can be found. */
async function openedWith(PATH: string, done: (said: string) => boolean): Promise<string> {
  const child = spawn(process.execPath, [cli, 'lab', '--port', '0', '--open'], { env: { ...process.env, PATH } });
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += chunk;
  });
  for (let i = 0; i < 600 && !done(said); i++) await wait(50);
  child.kill('SIGINT');
  await once(child, 'exit');
  return said;
}

test('--open hands the address to the system’s browser', { skip: process.platform !== 'linux' }, async (t) => {
  const folder = t.testdir();
  const asked = `${folder}/asked`;
  writeFileSync(`${folder}/xdg-open`, `#!/bin/sh\necho "$*" > '${asked}'\n`, { mode: 0o755 });
  const text = () => (existsSync(asked) ? readFileSync(asked, 'utf8').trim() : '');
  const said = await openedWith(folder, () => text() !== ''); // it says that it is there before it opens the browser
  t.equal(text(), /http:\S+/.exec(said)?.[0]);
});

test('--open where there is no browser says so, and serves on', { skip: process.platform !== 'linux' }, async (t) => {
  const said = await openedWith(t.testdir(), (all) => all.includes('open the address yourself'));
  t.match(said, /The lab is at http:\/\/127\.0\.0\.1:\d+\/[\s\S]*No browser could be opened \(xdg-open\)/);
});
