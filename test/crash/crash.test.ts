import { join } from 'node:path';
import { test } from 'tap';
import { difference } from './crash.js';

const run = (seconds: number, more: Record<string, string> = {}) => ({
  'bp.safetensors': 'tensors',
  'metrics.jsonl': `{"rule":"bp","loss":0.5,"seconds":${seconds}}\n`,
  'results.csv': 'a,b\n1,2\n',
  'results.json': `{\n  "curves": [1],\n  "trainSeconds": ${2 * seconds}\n}\n`,
  ...more,
});

test('two runs are the same whatever time they took', (t) => {
  const folder = t.testdir({ one: run(1.5), other: run(2e-7) });
  t.equal(difference(join(folder, 'one'), join(folder, 'other')), undefined);
  t.end();
});

test('other tensors, tables or curves, and files that are left over, are told', (t) => {
  const others = {
    tensors: run(1, { 'bp.safetensors': 'others' }),
    tables: run(1, { 'results.csv': 'a,b\n1,3\n' }),
    curves: run(1, { 'results.json': '{\n  "curves": [2],\n  "trainSeconds": 2\n}\n' }),
    leftOver: run(1, { 'bp.safetensors.1234567': '' }),
  };
  const folder = t.testdir({ one: run(1), ...others });
  const against = (name: string) => difference(join(folder, 'one'), join(folder, name));
  t.equal(against('tensors'), 'bp.safetensors differ');
  t.equal(against('tables'), 'results.csv differ');
  t.equal(against('curves'), 'results.json differ');
  t.match(against('leftOver'), /^the files are bp\.safetensors, bp\.safetensors\.1234567, .*; expected are /);
  t.end();
});
