import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Test, test } from 'tap';
import { type Download, download, fetchInto, loadOrFetch } from '../../../src/datasets/fetch/download.js';
import { addressRequest, type Request } from '../../../src/datasets/fetch/http.js';
import { datasets } from '../../../src/datasets/index.js';
import { UserError } from '../../../src/errors.js';
import { FIXTURE } from '../cifar10-fixture.js';
import { type Behaviour, LOCAL, startBadServer } from './bad-server.js';

const bytes = Buffer.from(Uint8Array.from({ length: 200_000 }, (_, i) => Math.imul(i, 2654435761) >>> 24));
const HALF = bytes.length / 2;
const patience = { attempts: 3, pause: 1, stall: 1000 };
const sha256 = (data: Buffer) => createHash('sha256').update(data).digest('hex');

async function check(path: string): Promise<string | undefined> {
  const found = sha256(await readFile(path));
  return found === sha256(bytes) ? undefined : `expected the SHA-256 ${sha256(bytes)}, found ${found}`;
}

async function setUp(t: Test, ...behaviours: Behaviour[]) {
  const server = await startBadServer(t);
  server.files.set('/file', bytes);
  server.behaviours.push(...behaviours);
  const folder = t.testdir();
  const path = join(folder, 'file');
  const task: Download = { path, request: addressRequest(`${server.address}/file`, LOCAL), check };
  const messages: string[] = [];
  const run = () => download(task, { patience, onProgress: (message) => messages.push(message) });
  return { server, folder, path, run, messages };
}

test('a file comes under its name, with nothing beside it, and is not asked for again', async (t) => {
  const { server, folder, path, run } = await setUp(t);
  await run();
  await run();
  t.ok(bytes.equals(await readFile(path)));
  t.same(await readdir(folder), ['file']);
  t.same(server.requests, ['/file']);
});

test('a connection that drops is taken up at the byte where it dropped', async (t) => {
  const { server, path, run, messages } = await setUp(t, 'drop', 'drop');
  await run();
  t.ok(bytes.equals(await readFile(path)));
  t.same(server.requests, ['/file', `/file bytes=${HALF}-`, `/file bytes=${HALF * 1.5}-`]);
  t.match(messages[0], /^file: .*; trying again in 1 s$/);
});

test('a connection that goes silent is given up and taken up again', async (t) => {
  const { server, path, run, messages } = await setUp(t, 'stall');
  await run();
  t.ok(bytes.equals(await readFile(path)));
  t.same(server.requests, ['/file', `/file bytes=${HALF}-`]);
  t.match(messages[0], /no data came for 1 s/);
});

test('an aborted download ends at once, whatever it waits for; what has come stays, and is gone on from', async (t) => {
  const patient = { attempts: 3, pause: 20_000, stall: 20_000 };
  const cases: Record<string, Behaviour> = { 'for more bytes': 'stall', 'before the next attempt': 'drop' };
  for (const [waiting, behaviour] of Object.entries(cases)) {
    const { server, folder, path, run } = await setUp(t, behaviour);
    const partial = `${path}.partial`;
    const task: Download = { path, request: addressRequest(`${server.address}/file`, LOCAL), check };
    const controller = new AbortController();
    const messages: string[] = [];
    const onProgress = (message: string) => messages.push(message);
    const aborted = download(task, { patience: patient, onProgress, signal: controller.signal });
    const isWaiting = async () =>
      behaviour === 'drop' ? messages.length > 0 : existsSync(partial) && (await stat(partial)).size === HALF;
    while (!(await isWaiting())) await sleep(10);
    const started = performance.now();
    setTimeout(() => controller.abort(), 100);
    await t.rejects(aborted, { name: 'AbortError' }, waiting);
    t.ok(performance.now() - started < 2000, `${Math.round(performance.now() - started)} ms`);
    t.same(await readdir(folder), ['file.partial']);
    const { size } = await stat(partial);
    t.ok(size > 0);
    await run();
    t.ok(bytes.equals(await readFile(path)));
    t.same(server.requests, ['/file', `/file bytes=${size}-`]);
  }
});

test('a download whose signal was aborted before asks for nothing', async (t) => {
  const { server, path } = await setUp(t);
  const task: Download = { path, request: addressRequest(`${server.address}/file`, LOCAL), check };
  await t.rejects(download(task, { signal: AbortSignal.abort() }), { name: 'AbortError' });
  t.same(server.requests, []);
});

test('connections that each bring something are taken up more often than those that bring nothing', async (t) => {
  const six: Behaviour[] = ['drop', 'drop', 'drop', 'drop', 'drop', 'drop'];
  const bringing = await setUp(t, ...six);
  await bringing.run();
  t.equal(bringing.server.requests.length, 7);

  const bare = await setUp(t, 503, 503, 503);
  await t.rejects(bare.run(), {
    name: 'UserError',
    message: 'file: the server answered with 503; gave up after 3 attempts.',
  });
});

test('a server that knows no ranges sends the whole file anew', async (t) => {
  const { path, run } = await setUp(t, 'drop', 'ignore range');
  await run();
  t.ok(bytes.equals(await readFile(path)));
});

for (const behaviour of ['corrupt', 'truncate'] as const) {
  test(`other bytes than expected (${behaviour}) leave no file and say both checksums`, async (t) => {
    const { server, folder, run } = await setUp(t, behaviour);
    const wrong = behaviour === 'truncate' ? bytes.subarray(0, -1) : Buffer.from(bytes);
    if (behaviour === 'corrupt') wrong[HALF] ^= 1;
    await t.rejects(run(), {
      name: 'UserError',
      message: `file: expected the SHA-256 ${sha256(bytes)}, found ${sha256(wrong)}.`,
    });
    t.same(await readdir(folder), []);
    t.equal(server.requests.length, 1, 'the same bytes would come again');
  });
}

test('a file put together from two connections and found wrong is fetched once more in one piece', async (t) => {
  const { server, path, run } = await setUp(t);
  await writeFile(`${path}.partial`, 'of an older version');
  await run();
  t.ok(bytes.equals(await readFile(path)));
  t.same(server.requests, ['/file bytes=19-', '/file']);

  const hopeless = await setUp(t, 'whole', 'drop', 'corrupt');
  await writeFile(`${hopeless.path}.partial`, 'of an older version');
  await t.rejects(hopeless.run(), { name: 'UserError', message: /expected the SHA-256/ });
  t.same(await readdir(hopeless.folder), []);
});

test('a partial file that lacks nothing but its name gets it', async (t) => {
  const { server, folder, path, run } = await setUp(t);
  await writeFile(`${path}.partial`, bytes);
  await run();
  t.ok(bytes.equals(await readFile(path)));
  t.same(await readdir(folder), ['file']);
  t.same(server.requests, [`/file bytes=${bytes.length}-`]);
});

test('a killed download leaves no finished file, and the next one goes on from there', async (t) => {
  const { server, path, run } = await setUp(t, 'stall');
  const script = `
    import { download } from ${JSON.stringify(new URL('../../../src/datasets/fetch/download.js', import.meta.url))};
    import { addressRequest } from ${JSON.stringify(new URL('../../../src/datasets/fetch/http.js', import.meta.url))};
    const request = addressRequest('${server.address}/file', { noProxy: '127.0.0.1' });
    await download({ path: ${JSON.stringify(path)}, request, check: async () => undefined }, {});`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'inherit' });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  const arrived = () =>
    stat(`${path}.partial`).then(
      ({ size }) => size === HALF,
      () => false,
    );
  while (child.exitCode === null && !(await arrived())) await sleep(20);
  child.kill('SIGKILL');
  await ended;
  t.notOk(existsSync(path));
  await run();
  t.ok(bytes.equals(await readFile(path)));
  t.same(server.requests, ['/file', `/file bytes=${HALF}-`]);
});

test("a proxy's web page and a bad status are errors at once", async (t) => {
  const page = await setUp(t, 'web page');
  await t.rejects(page.run(), { name: 'UserError', message: /^file: a web page came instead of the file; a proxy/ });
  t.same(await readdir(page.folder), []);
  t.equal(page.server.requests.length, 1);

  const gone = await setUp(t, 404);
  await t.rejects(gone.run(), { name: 'UserError', message: 'file: the server answered with status 404.' });
  t.equal(gone.server.requests.length, 1);
});

test('no way to the server is an error that says so', async (t) => {
  const path = join(t.testdir(), 'file');
  // Port 1 of this machine: nothing listens there.
  const request = addressRequest('http://127.0.0.1:1/file', LOCAL);
  await t.rejects(download({ path, request, check }, { patience }), {
    name: 'UserError',
    message: /^file: the connection failed \(connect ECONNREFUSED 127.0.0.1:1\); gave up after 3 attempts\.$/,
  });
});

test('a full disk is an error that says so, and is not tried again', {
  skip: existsSync('/dev/full') ? false : 'there is no /dev/full here',
}, async (t) => {
  const { server, folder, path, run } = await setUp(t);
  await symlink('/dev/full', `${path}.partial`);
  await t.rejects(fetchInto(folder, 'By hand: do this.', {}, run), {
    name: 'UserError',
    message: /^Can't write in .*: the disk is full \(ENOSPC\)\. Free some disk space, then repeat the command\.$/,
  });
  t.equal(server.requests.length, 1);
});

test('a folder that cannot be made is an error that says so', async (t) => {
  const folder = join(t.testdir({ data: 'a file' }), 'data', 'mnist');
  await t.rejects(
    fetchInto(folder, 'By hand: do this.', {}, async () => {}),
    {
      name: 'UserError',
      message: /^Can't make the folder .*: a file stands where a folder is expected \(ENOTDIR\)\.\nBy hand: do this\.$/,
    },
  );
});

test('two that fetch into one folder do so one after the other, and the second says what it waits for', async (t) => {
  const folder = join(t.testdir(), 'data', 'mnist');
  let inside = 0;
  const messages: string[] = [];
  const work = async () => {
    t.equal(++inside, 1);
    await sleep(100);
    inside--;
  };
  const fetching = () => fetchInto(folder, 'By hand.', { onProgress: (message) => messages.push(message) }, work);
  await Promise.all([fetching(), fetching()]);
  t.match(messages, [/data\/mnist is in use by .*process \d+ on .* Waiting for it to end\.$/]);
  t.same(await readdir(folder), []);
});

test('interrupted, fetching says where it goes on from', async (t) => {
  const controller = new AbortController();
  const { signal } = controller;
  const fetching = fetchInto(t.testdir(), 'By hand: do this.', { signal }, async () => {
    controller.abort();
    signal.throwIfAborted();
  });
  const message = /^What has come of the data stays in .*; the same command goes on from there\.$/;
  await t.rejects(fetching, { name: 'AbortError', message });
});

test('what to do by hand stands below what went wrong; a mistake of this program is left as it is', async (t) => {
  const folder = t.testdir();
  const failing = (error: Error) => fetchInto(folder, 'By hand: do this.', {}, () => Promise.reject(error));
  await t.rejects(failing(new UserError('It went wrong.')), {
    name: 'UserError',
    message: 'It went wrong.\nBy hand: do this.',
  });
  const mistake = new TypeError('undefined is not a function');
  await t.rejects(failing(mistake), mistake);
});

test('progress is told about once a second, with the size so far and the size of it all', async (t) => {
  const path = join(t.testdir(), 'file');
  const pieces = [bytes.subarray(0, HALF), bytes.subarray(HALF)];
  async function* body() {
    await sleep(1050);
    yield* pieces;
  }
  const headers = new Headers({ 'content-length': `${bytes.length}` });
  const messages: string[] = [];
  const onProgress = (message: string) => messages.push(message);
  await download({ path, request: async () => ({ status: 200, headers, body: body() }), check }, { onProgress });
  t.same(messages, ['file: 0.1 of 0.2 MB']);
});

test('a data set is fetched if a file is missing or not as published, and only then', async (t) => {
  const dataset = await datasets.cifar10.load({ directory: FIXTURE });
  const folder = t.testdir({ here: '' });
  const loads: (() => Promise<typeof dataset>)[] = [];
  let fetches = 0;
  const messages: string[] = [];
  const run = (name: string) => {
    const source = {
      files: [{ name, sha256: '' }],
      folder: () => folder,
      fetch: async () => {
        fetches++;
      },
    };
    return loadOrFetch(source, () => (loads.shift() ?? (async () => dataset))(), {
      onProgress: (message) => messages.push(message),
    });
  };
  t.equal(await run('here'), dataset);
  t.equal(fetches, 0);
  t.equal(await run('not here'), dataset);
  t.equal(fetches, 1);

  loads.push(() => Promise.reject(new UserError('It is damaged.')));
  t.equal(await run('here'), dataset);
  t.equal(fetches, 2);
  t.same(messages, ['It is damaged. Fetching it again.']);

  const mistake = new TypeError('undefined is not a function');
  loads.push(() => Promise.reject(mistake));
  await t.rejects(run('here'), mistake);
  t.equal(fetches, 2);
});

test('an answer that ends early, though without an error, is taken up again', async (t) => {
  const path = join(t.testdir(), 'file');
  const asked: (string | undefined)[] = [];
  async function* body(from: number, to: number) {
    yield bytes.subarray(from, to);
  }
  const request: Request = async ({ range }) => {
    asked.push(range);
    const from = range === undefined ? 0 : HALF;
    const headers = new Headers({ 'content-length': `${bytes.length - from}` });
    return { status: from > 0 ? 206 : 200, headers, body: body(from, from + HALF) };
  };
  const messages: string[] = [];
  await download({ path, request, check }, { patience, onProgress: (message) => messages.push(message) });
  t.same(asked, [undefined, `bytes=${HALF}-`]);
  t.match(messages[0], `the connection ended after ${HALF} of ${bytes.length} bytes`);
});

test("npm's cache, which is for packages, takes no other file", async (t) => {
  const { server, folder, path } = await setUp(t);
  const cache = join(folder, 'npm-cache');
  await download({ path, request: addressRequest(`${server.address}/file`, { ...LOCAL, cache }), check }, { patience });
  t.same(await readdir(folder), ['file']);
});
