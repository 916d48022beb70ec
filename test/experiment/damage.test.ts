/* Every file of a run's folder, damaged in every way, before every command that reads runs. */
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'tap';
import { call, checkRefusal, fileOf, made, path, RUN, readers, restore } from '../helpers/damaged-run.js';

/** What happens to a file. */
const damages: Record<string, (file: string, bytes: Buffer) => void> = {
  missing: (file) => rmSync(file),
  empty: (file) => writeFileSync(file, ''),
  'cut in the middle': (file, bytes) => writeFileSync(file, bytes.subarray(0, bytes.length >> 1)),
  'without its last byte': (file, bytes) => writeFileSync(file, bytes.subarray(0, -1)),
  'a web page': (file) => writeFileSync(file, '<!DOCTYPE html><html><body>Not found</body></html>'),
  'of another schema': (file, bytes) => writeFileSync(file, bytes.toString('latin1').replace('"schema":1', '"schema": 1').replace('"schema": 1', '"schema": 99'), 'latin1'), // biome-ignore format: one line
  'of another type': (file) => writeFileSync(file, '[]\n'),
  'a folder': (file) => {
    rmSync(file);
    mkdirSync(file);
  },
  unreadable: (file) => {
    rmSync(file);
    symlinkSync(file, file); // to itself: no permission keeps root from reading
  },
};
/** What the lab says of the whole run. */
const NO_IMAGES = /the lab has MNIST's images alone/;

/** After these a file may still be read, or need not be there. */
const mayPass = ['missing', 'without its last byte'];

test('the run that is damaged was whole', async (t) => {
  for (const { code, stderr } of made) t.equal(code, 0, stderr);
  for (const [name, { args, prepare }] of Object.entries(readers)) {
    restore();
    prepare?.();
    const { code, stderr } = await call(...args);
    t.equal(code, name === 'lab' ? 2 : 0, `${name}: ${stderr}`); // the page has MNIST's images alone
  }
});

for (const [command, { args, reads, prepare }] of Object.entries(readers)) {
  test(`${command}: a damaged file is one clear message`, async (t) => {
    for (const name of new Set([...reads, 'metrics', 'figure-a.svg', 'audit.csv'])) {
      for (const [damage, spoil] of Object.entries(damages)) {
        // What is not read is tried in one way: each time the command does all its work.
        if (!reads.includes(name) && damage !== 'cut in the middle') continue;
        if (!fileOf(name).endsWith('.json') && damage === 'of another schema') continue;
        restore();
        prepare?.();
        const file = join(RUN, fileOf(name));
        spoil(file, readFileSync(file));
        const ended = await call(...args);
        const what = `${fileOf(name)} ${damage}`;
        if (ended.code === 0) t.ok(!reads.includes(name) || mayPass.includes(damage), `${what} is read`);
        else {
          await checkRefusal(t, ended, command, what);
          const notFinished = command === 'compare' && what === 'results.json missing';
          if (command !== 'lab' || !NO_IMAGES.test(ended.stderr))
            t.match(ended.stderr, notFinished ? 'is not finished' : fileOf(name), what);
        }
        if (damage === 'of another schema') t.match(ended.stderr, `${fileOf(name)} has schema 99; this version reads schema 1. `); // biome-ignore format: one line
      }
    }
  });
}

test('a folder that does not exist, a file and a folder without a run are called so', async (t) => {
  mkdirSync(path('empty'), { recursive: true });
  const others = { collect: ['sweep', 'collect'], status: ['sweep', 'status'] };
  const commands = { ...Object.fromEntries(Object.keys(readers).map((name) => [name, [name]])), ...others };
  for (const [name, words] of Object.entries(commands)) {
    if (name === 'folder') continue; // makes its folder
    const missing = await call(...words, path('nowhere'));
    await checkRefusal(t, missing, words.join(' '), name);
    t.match(missing.stderr, /nowhere does not exist\. Give the folder of /, name);
    const empty = await call(...words, path('empty'));
    t.equal(empty.code, 2, name);
    t.match(empty.stderr, /empty.*(holds no|nothing to report|no such file)/s, name);
    const file = await call(...words, path('pictures', 'cats', '0.png'));
    await checkRefusal(t, file, words.join(' '), name);
    if (name !== 'audit') t.match(file.stderr, /0\.png is a file\. Give the folder of /, name);
  }
});
