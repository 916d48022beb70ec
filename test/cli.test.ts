import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'tap';
import { call } from './helpers/command-line.js';

test('bad input is one clear message on standard error, exit code 2, and no stack trace', async (t) => {
  const cwd = t.testdir({ 'broken.json': '{' });
  for (const [args, message] of [
    [['mnits'], /unknown command 'mnits'[\s\S]*mnist/],
    [['mnist', '--epoch', '1'], /unknown option '--epoch'[\s\S]*--epochs/],
    [['mnist', '--epsilons', '0,2'], /--epsilons "0,2": 2 is outside \[0, 1\]/],
    [['mnist', '--workers', '0'], /--workers "0": must be a whole number from 1 to 1024\./],
    [['mnist', '--lr', 'fast'], /--lr "fast": must be a number above 0\. Try --lr 0\.01\./],
    [['mnist', '--config', 'none.json'], /Can't read --config none\.json: there is no such file/],
    [['mnist', '--config', 'broken.json'], /broken\.json is not JSON/],
    [['mnist', '--data', 'nowhere'], /nowhere/],
    [['gradcheck', '--seed', 'x'], /--seed "x"/],
    [['gradcheck', '--seed', '5000000000'], /--seed "5000000000": .* to 4294967295\./],
    [['inspect', '--seed', '4294967296'], /--seed "4294967296": .* to 4294967295\./],
    [['data', 'mnits'], /data set "mnits" is not known; accepted are mnist/],
    [['audit', 'nowhere'], /nowhere does not exist\. Give the folder of a run, .*, or a network/],
    [['audit', '.', '--images', 'few'], /--images "few"/],
  ] as const) {
    const { code, stderr, stdout } = await call(args, cwd);
    t.equal(code, 2, args.join(' '));
    t.match(stderr, message);
    t.notMatch(stderr, /\n\s+at /, 'no stack trace');
    t.equal(stdout, '');
  }
  t.notOk(existsSync(join(cwd, 'out')), 'and nothing was written');
});

test('help names every command and option, with defaults', async (t) => {
  const { code, stdout } = await call(['--help'], t.testdir());
  t.equal(code, 0);
  for (const command of ['mnist', 'cifar10', 'fashion-mnist', 'audit', 'data', 'gradcheck']) t.match(stdout, command);
  const help = (await call(['mnist', '--help'], t.testdir())).stdout;
  for (const option of ['preset', 'rules', 'attacks', 'epsilons', 'iterations', 'momentum', 'step-size', 'epochs']) {
    t.match(help, `--${option} `);
  }
  for (const option of ['batch-size', 'lr', 'optimizer', 'activation', 'train-size', 'test-size', 'workers', 'seed']) {
    t.match(help, `--${option} `);
  }
  for (const option of ['data', 'out', 'config', 'force', 'quick', 'backend']) t.match(help, `--${option} `);
  t.match(help, /default: 0:1:0\.1/);
});

test('help loads no decoder of pictures', async (t) => {
  const folder = t.testdir();
  const cli = fileURLToPath(new URL('../src/cli.js', import.meta.url));
  execFileSync(process.execPath, [cli, '--help'], { env: { ...process.env, NODE_V8_COVERAGE: folder } });
  const [report] = readdirSync(folder);
  const loaded = readFileSync(join(folder, report), 'utf8'); // lists every module
  t.match(loaded, 'datasets/folder.js');
  t.notMatch(loaded, /node_modules\/(fast-png|@jsquash)/);
});

test('data lists the data sets, with state, source and licence', async (t) => {
  const { code, stdout } = await call(['data'], t.testdir());
  t.equal(code, 0);
  t.match(stdout, /mnist\s+│ MNIST\s+│ verified\s+│ 55\.0 MB/);
  t.match(stdout, /cifar10\s+│ CIFAR-10\s+│ missing/);
  t.match(stdout, /Licence:/);
});

test('gradcheck passes, layer by layer, and says so', async (t) => {
  const { code, stdout } = await call(['gradcheck'], t.testdir());
  t.equal(code, 0);
  t.match(stdout, /LeNet-5, relu\s+│ input .*\n│\s+│ conv1\.weight/);
  t.match(stdout, /relative errors are under 0\.000001/);
});
