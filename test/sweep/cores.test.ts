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
  t.same([cores.take(4), cores.take(3), cores.take(2)], [2, 2, 3]);
  cores.give(2);
  t.equal(cores.take(1), 2);
  t.end();
});

test('the last runs get the cores that nobody else needs', (t) => {
  const cores = new Cores(8, 8);
  t.equal(cores.take(0), 8);
  cores.give(8);
  t.same([cores.take(1), cores.take(0)], [4, 4]);
  t.end();
});

test('more runs at a time than cores get one each', (t) => {
  const cores = new Cores(2, 3);
  t.same([cores.take(2), cores.take(1), cores.take(0)], [1, 1, 1]);
  t.end();
});
