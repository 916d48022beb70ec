import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { csvParseRows } from 'd3-dsv';
import { encode } from 'fast-png';
import { test } from 'tap';
import { decodeCheckpoint } from '../../src/models/safetensors.js';
import { call, cli, finish } from '../helpers/command-line.js';

test('a small run prints a summary and where its files are; config.json repeats it', {
  timeout: 120_000,
}, async (t) => {
  const cwd = t.testdir();
  const small = ['--train-size', '320', '--test-size', '64', '--epochs', '1', '--epsilons', '0,0.3', '--no-audit'];
  const { code, stdout, stderr } = await call(['mnist', ...small], cwd);
  t.equal(code, 0, stderr);
  t.match(stdout, /Clean accuracy/);
  t.match(stdout, /BP → FA/);
  t.match(stdout, /In out\/mnist-1:\n {2}config\.json\n {2}metrics\.jsonl\n/);
  t.match(stderr, /FA epoch 1\/1: loss/);
  const again = await call(
    ['mnist', '--config', 'out/mnist-1/config.json', '--out', 'again', '--workers', '1', '--no-audit'],
    cwd,
  );
  t.equal(again.code, 0, again.stderr);
  const table = (text: string) => text.slice(text.indexOf('│ Accuracy (%)'), text.indexOf('Done in'));
  t.equal(table(again.stdout), table(stdout));

  const attack = ['attack', 'again', '--attacks', 'bim', '--epsilons', '0.3', '--name', 'bim'];
  const attacked = await call(attack, cwd);
  t.equal(attacked.code, 0, attacked.stderr);
  t.match(attacked.stdout, /│ BP +│ BIM +│ +[\d.]+ │/);
  t.notMatch(attacked.stdout, /BP → FA|Training time/, 'the answer alone');
  t.match(attacked.stdout, /In again\/attacks\/bim:\n {2}config\.json\n/);
  const gallery = readFileSync(join(cwd, 'again/attacks/bim/gallery.json'), 'utf8');
  t.match(JSON.parse(gallery), { attack: 'bim', examples: [{ epsilon: 0.3 }] });
  t.match(readFileSync(join(cwd, 'again/attacks/bim/report.html'), 'utf8'), /<h2>Gallery<\/h2>/);
  const bimIn = (file: string) =>
    JSON.parse(readFileSync(join(cwd, file), 'utf8'))
      .curves.filter((curve: { attack: string }) => curve.attack === 'bim')
      .flatMap(({ points }: { points: { epsilon: number; correct: number }[] }) =>
        points.filter(({ epsilon }) => epsilon === 0.3).map(({ correct }) => correct),
      );
  t.same(bimIn('again/attacks/bim/results.json'), bimIn('again/results.json'), 'the same attack, the same numbers');
  const verbose = await call([...attack, '--force', '--verbose'], cwd);
  t.match(verbose.stdout, /Training time/);
  t.match(verbose.stdout, /BP → FA/);
  const twice = await call(attack, cwd);
  t.equal(twice.code, 2);
  t.match(twice.stderr, /^again\/attacks\/bim holds these attacks already\..*--force to replace them\.\n$/);

  const budget = ['--images', '20', '--epsilons', '0.3', '--iterations', '5', '--queries', '20', '--spsa-images', '0'];
  const audit = await call(['audit', 'again', ...budget], cwd);
  t.equal(audit.code, 0, audit.stderr);
  t.match(audit.stdout, /BP: worst case/);
  t.notMatch(audit.stdout, /Check of the paper's attacks/, 'the answer alone');
  t.match(audit.stdout, /In again:\n {2}audit\.json\n {2}audit\.csv\n/);
});

test('pictures of one’s own, a folder for each class: trained on, attacked and audited, chance told from them', {
  timeout: 120_000,
}, async (t) => {
  const cwd = t.testdir();
  for (let i = 0; i < 12; i++) {
    for (const [name, colour] of [
      ['dark', 20],
      ['light', 220],
      ['middle', 120],
    ] as const) {
      const data = Uint8Array.from({ length: 784 }, (_, p) => colour + ((p * 7 + i) % 20));
      const split = i < 8 ? 'train' : 'test';
      mkdirSync(join(cwd, 'mine', split, name), { recursive: true });
      writeFileSync(join(cwd, 'mine', split, name, `${i}.png`), encode({ width: 28, height: 28, data, channels: 1 }));
    }
  }
  writeFileSync(join(cwd, 'mine/train/dark/notes.txt'), '');
  const { code, stderr, stdout } = await call(
    ['folder', '--data', 'mine', '--quick', '--batch-size', '4', '--out', 'own'],
    cwd,
  );
  t.equal(code, 0, stderr);
  t.match(stdout, /BP: /);
  const results = JSON.parse(readFileSync(join(cwd, 'own/results.json'), 'utf8'));
  t.match(results, { dataset: 'folder', testImages: 12, chance: 1 / 3 });
  t.match(stderr, /Read 36 images of 28 × 28 pixels, grey, in 3 classes: 24 for training and 12 for the test/);
  t.match(stderr, /Left out: 1 \(not a PNG, JPEG or WebP file\): train\/dark\/notes\.txt/);
  const names = ['dark', 'light', 'middle'];
  t.same(
    results.classes,
    names.map((name) => ({ name, train: 8, test: 4 })),
  );
  t.same(results.leftOut, [{ why: 'not a PNG, JPEG or WebP file', count: 1, examples: ['train/dark/notes.txt'] }]);
  t.same(JSON.parse(readFileSync(join(cwd, 'own/audit.json'), 'utf8')).classes, names);
  const [first, ...rows] = csvParseRows(readFileSync(join(cwd, 'own/audit.csv'), 'utf8'));
  const [label, name] = [first.indexOf('label'), first.indexOf('labelName')];
  t.ok(rows.length > 0 && rows.every((row) => row[name] === names[Number(row[label])]), 'labels and their names');
  t.equal(JSON.parse(readFileSync(join(cwd, 'own/config.json'), 'utf8')).data, join(cwd, 'mine'));
  const again = await call(
    ['folder', '--data', 'mine/train', '--quick', '--rules', 'bp', '--no-audit', '--out', 'shares'],
    cwd,
  );
  t.equal(again.code, 0, again.stderr);
  t.match(
    JSON.parse(readFileSync(join(cwd, 'shares/results.json'), 'utf8')),
    { testImages: 6 },
    'a fifth of each class',
  );
});

test('Ctrl-C stops at once with code 130 and leaves no half-written file', { timeout: 60_000 }, async (t) => {
  const cwd = t.testdir();
  const child = spawn(process.execPath, [cli, 'mnist', '--train-size', '1000', '--epochs', '500'], { cwd });
  const finished = finish(child);
  let seen = '';
  child.stderr.on('data', (data) => {
    if (!seen.includes('epoch 2/') && `${seen}${data}`.includes('epoch 2/')) child.kill('SIGINT');
    seen += data;
  });
  const interrupted = await finished;
  t.equal(interrupted.code, 130);
  t.match(
    interrupted.stderr,
    /Interrupted\. What was finished is in out\/mnist-1; the same command goes on from there\./,
  );
  t.notMatch(interrupted.stderr, /\n\s+at /);
  t.same(readdirSync(join(cwd, 'out/mnist-1')).sort(), ['bp.checkpoint.safetensors', 'config.json', 'metrics.jsonl']);
});

test('one process at a time works in a folder; what a killed one leaves is taken over', {
  timeout: 120_000,
}, async (t) => {
  const cwd = t.testdir();
  const long = ['mnist', '--train-size', '1000', '--epochs', '500', '--out', 'run'];
  const first = spawn(process.execPath, [cli, ...long], { cwd });
  t.teardown(() => void first.kill('SIGKILL'));
  for await (const data of first.stderr.iterator({ destroyOnReturn: false })) if (/epoch 2\//.test(`${data}`)) break;
  first.stderr.resume();
  for (const args of [long, [...long, '--force'], ['audit', 'run']]) {
    const second = await call(args, cwd);
    t.equal(second.code, 2, args.join(' '));
    t.match(second.stderr, new RegExp(`run is in use by process ${first.pid} on .* since .*Wait for it to end`));
  }
  first.kill('SIGKILL');
  await once(first, 'exit');
  t.ok(existsSync(join(cwd, 'run/run.lock')));
  // An epoch counts once its checkpoint is there: the kill may come between its line in metrics.jsonl and that.
  const file = 'run/bp.checkpoint.safetensors';
  const before = Number(decodeCheckpoint(readFileSync(join(cwd, file)), file).metadata.epochs);
  const next = spawn(process.execPath, [cli, ...long], { cwd });
  t.teardown(() => void next.kill('SIGKILL'));
  const finished = finish(next);
  let seen = '';
  next.stderr.on('data', (data) => {
    const interrupted = seen.includes('epoch');
    seen += data;
    if (!interrupted && seen.includes('epoch')) next.kill('SIGINT'); // once: a second one would end it without ado
  });
  const { code, stderr } = await finished;
  t.equal(code, 130);
  t.match(stderr, `BP epoch ${before + 1}/500`, 'it goes on from there');
  t.notOk(existsSync(join(cwd, 'run/run.lock')), 'and gives the lock back');
});
