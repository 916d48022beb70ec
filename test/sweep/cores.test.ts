import { test } from 'tap';
import { Cores, defaultJobs } from '../../src/sweep/cores.js';

test('as many runs at a time as there are cores, where the memory is enough', (t) => {
  t.equal(defaultJobs(40, 8, 1e12), 8);
  t.equal(defaultJobs(3, 8, 1e12), 3);
  t.equal(defaultJobs(40, 8, 1.3e9), 2);
  t.equal(defaultJobs(40, 8, 1), 1);
  t.equal(defaultJobs(0, 8, 1e12), 1);
  t.end();
});

test('cores are shared out among the runs that can begin', (t) => {
  const cores = new Cores(7, 3);
  const parts = [cores.take(4), cores.take(3), cores.take(2)];
  t.same(
    parts.map((part) => part.cores),
    [2, 2, 3],
  );
  cores.give(parts[0]);
  t.equal(cores.take(1).cores, 2);
  t.end();
});

test('the last runs get the cores that nobody else needs', (t) => {
  const cores = new Cores(8, 8);
  const all = cores.take(0);
  t.equal(all.cores, 8);
  cores.give(all);
  t.same([cores.take(1).cores, cores.take(0).cores], [4, 4]);
  t.end();
});

test('a run that goes on while no other waits gets the cores of those that ended, each told its own', (t) => {
  const cores = new Cores(5, 4);
  const parts = [cores.take(3), cores.take(2), cores.take(1), cores.take(0)];
  const told = parts.map(() => [] as number[]);
  parts.forEach((part, i) => {
    part.onGrown = (count) => void told[i].push(count);
  });
  const counts = () => parts.map((part) => part.cores);
  t.same(counts(), [1, 1, 1, 2]);
  cores.give(parts[3]);
  t.same(told, [[], [], [], []], 'nothing is given away before it is said that no other one waits');
  cores.shareRest();
  t.same(told, [[2], [2], [], []]);
  cores.give(parts[0]);
  cores.shareRest();
  t.same(told, [[2], [2, 3], [2], []], 'the poorest first');
  cores.give(parts[1]);
  cores.shareRest();
  t.same(told, [[2], [2, 3], [2, 5], []]);
  cores.give(parts[2]);
  cores.shareRest();
  t.equal(cores.take(0).cores, 5, 'all are free again');
  t.end();
});

test('a run that can use no more of them, since it is delivered, gets none', (t) => {
  const cores = new Cores(2, 2);
  const [ended, delivered] = [cores.take(1), cores.take(0)];
  cores.give(ended);
  cores.shareRest();
  t.equal(delivered.cores, 1);
  t.equal(cores.take(0).cores, 1, 'it is there for the next');
  t.end();
});

test('more runs at a time than cores get one each', (t) => {
  const cores = new Cores(2, 3);
  t.same([cores.take(2).cores, cores.take(1).cores, cores.take(0).cores], [1, 1, 1]);
  t.end();
});
