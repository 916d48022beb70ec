import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'tap';
import { UserError } from '../../src/errors.js';
import { KeptPieces, networkDigest, type PieceFormat } from '../../src/experiment/kept.js';
import { mnistSpec } from '../helpers/networks.js';

const numbers: PieceFormat<number> = {
  format: (value) => `${value}`,
  parse(text, file) {
    if (!/^\d+$/.test(text)) throw new UserError(`${file} is no number`);
    return Number(text);
  },
};

test('a piece is made once; what decides it decides whether it is taken; the whole leaves nothing behind', async (t) => {
  const run = t.testdir();
  const said: string[] = [];
  const pieces = () => new KeptPieces(run, (line) => void said.push(line));
  let made = 0;
  const make = async () => ++made;
  t.equal(await pieces().piece({ epsilon: 0.1, seed: 1 }, numbers, make), 1);
  t.equal(await pieces().piece({ seed: 1, epsilon: 0.1 }, numbers, make), 1, 'taken, in whatever order it is told');
  t.equal(await pieces().piece({ epsilon: 0.1, seed: 2 }, numbers, make), 2, 'another');
  t.equal(readdirSync(join(run, 'unfinished')).length, 2);

  for (const name of readdirSync(join(run, 'unfinished'))) writeFileSync(join(run, 'unfinished', name), 'x');
  t.equal(await pieces().piece({ epsilon: 0.1, seed: 1 }, numbers, make), 3, 'damaged: made again');
  t.match(said, [/^What an interrupted run left is not usable, and is done again\. .*\.json is no number/]);

  writeFileSync(join(run, 'unfinished', 'mine.txt'), 'mine');
  await pieces().clear();
  t.same(readdirSync(join(run, 'unfinished')), ['mine.txt'], 'what is none of its own stays');
  const other = new KeptPieces(join(run, 'none'), () => {});
  await other.clear();
  t.notOk(existsSync(join(run, 'none')), 'nothing to clear');
});

test('a network’s digest tells each number, its feedback and its rule', (t) => {
  const network = (rule: 'bp' | 'fa', values: number[], feedback: number[] = []) =>
    networkDigest({ spec: mnistSpec, rule, values: Float32Array.from(values), feedback: Float32Array.from(feedback) });
  const all = [
    network('bp', [1, 2]),
    network('bp', [1, 2.5]),
    network('fa', [1, 2]),
    network('fa', [1, 2], [3]),
    network('fa', [1], [3]),
  ];
  t.equal(new Set(all).size, all.length);
  t.equal(network('bp', [1, 2]), all[0]);
  const shared = new Float32Array(new SharedArrayBuffer(16), 4, 2);
  shared.set([1, 2]);
  t.equal(networkDigest({ spec: mnistSpec, rule: 'bp', values: shared, feedback: new Float32Array(0) }), all[0]);
  t.end();
});
