import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'tap';

const src = new URL('../src/', import.meta.url);

test('every module loads by itself, and prints nothing', async (t) => {
  const files = readdirSync(fileURLToPath(src), { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.js') && file !== 'cli.js' && !file.startsWith('lab/'));
  const write = t.capture(process.stdout, 'write');
  await Promise.all(files.map((file) => import(new URL(file, src).href)));
  t.same(write(), []);
});
