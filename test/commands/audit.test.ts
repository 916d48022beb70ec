import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'tap';
import { saveNetwork } from '../../src/models/checkpoint.js';
import { createNetwork } from '../../src/models/create.js';
import { call } from '../helpers/command-line.js';
import { mnistSpec } from '../helpers/networks.js';

test('audit of a file: its results lie beside it, and options that only a file needs are told from a run’s', async (t) => {
  const cwd = t.testdir({ run: {}, 'map.json': '{"conv1.weight": 3}' });
  writeFileSync(join(cwd, 'net.safetensors'), saveNetwork(mnistSpec, 'bp', createNetwork(mnistSpec, { rule: 'bp' }).parameters)); // biome-ignore format: one line
  for (const [args, message] of [
    [['run', '--model', 'lenet5'], /--model is for a network in a file: .*run\/config\.json says all that/],
    [['none.safetensors', '--dataset', 'mnist'], /none\.safetensors is not there/],
    [['net.safetensors'], /does not say which data set/],
    [['net.safetensors', '--dataset', 'mnits'], /--dataset "mnits" is not known; accepted are mnist/],
    [
      ['net.safetensors', '--dataset', 'mnist', '--mean', 'x'],
      /--mean "x": must be a number of 0 or more for each channel/,
    ],
    [
      ['net.safetensors', '--dataset', 'mnist', '--names', 'map.json'],
      /map\.json is no map of tensors' names:\n✖ conv1\.weight is 3/,
    ],
    [['net.safetensors', '--dataset', 'mnist', '--names', 'no.json'], /Can't read --names no\.json/],
    [
      ['net.safetensors', '--dataset', 'mnist', '--seed', '4294967296'],
      /--seed "4294967296": must be a whole number from 0 to 4294967295\./,
    ],
  ] as const) {
    const { code, stderr } = await call(['audit', ...args], cwd);
    t.equal(code, 2, args.join(' '));
    t.match(stderr, message);
    t.notMatch(stderr, /\n\s+at /, 'no stack trace');
  }
  t.notOk(existsSync(join(cwd, 'net.audit')), 'and nothing was written');

  const few = ['--images', '4', '--epsilons', '0.1', '--iterations', '2', '--queries', '5', '--spsa-images', '0'];
  const { code, stdout, stderr } = await call(['audit', 'net.safetensors', '--dataset', 'mnist', ...few], cwd);
  t.equal(code, 0, stderr);
  t.match(
    stderr,
    /net\.safetensors is taken for a lenet5 with relu, learned by bp, pixels normalised by mean \[0\.1307\]/,
  );
  t.match(stderr, /^About \d+ s: 4 images, 1 network, \d+ trials\.$/m, 'its time is told beforehand');
  t.match(stdout, /In net\.audit:\n {2}audit\.json/);
  t.ok(readdirSync(join(cwd, 'net.audit')).includes('audit.csv'));
});
