import { test } from 'tap';
import { configFrom } from '../../src/commands/options.js';
import { sameRun } from '../../src/experiment/config.js';
import { formatPlan, type PlannedRun, parsePlan, runName, sweepName } from '../../src/sweep/plan.js';

const config = configFrom('mnist', {}, 'simd');
const run = (name: string, more: Partial<PlannedRun> = {}): PlannedRun => ({ name, audit: 'none', config, ...more });

test('a run’s name tells its configuration from every other, not where its data lie', (t) => {
  const name = runName(config, null);
  t.match(name, /^mnist-1-[0-9a-f]{12}$/);
  t.equal(runName({ ...config, data: '/here' }, 'abc'), runName({ ...config, data: '/there' }, 'abc'));
  const others = [
    runName(config, 'abc'),
    runName({ ...config, seed: 2 }, null),
    runName({ ...config, epsilons: [0, 0.1] }, null),
    runName({ ...config, testSize: 100 }, null),
    runName(configFrom('mnist', { lr: '0.002' }, 'simd'), null),
  ];
  t.equal(new Set([name, ...others]).size, others.length + 1);
  t.ok(sameRun(config, { ...config, data: '/there' }));
  t.notOk(sameRun(config, { ...config, seed: 2 }));
  t.end();
});

test('a sweep’s name is that of its runs, in whatever order', (t) => {
  const [a, b] = [run('a'), run('b')];
  t.equal(sweepName([a, b]), sweepName([b, a]));
  t.not(sweepName([a, b]), sweepName([a]));
  t.not(sweepName([a]), sweepName([run('a', { audit: 'full' })]));
  t.end();
});

test('a plan is read as it was written', (t) => {
  const runs = [run(runName(config, null)), run('other', { audit: 'quick' })];
  t.same(parsePlan(formatPlan(runs), 'plan.json').runs, runs);
  t.end();
});

test('a plan that would be too long to be read is refused when it is written', (t) => {
  const runs = Array.from({ length: 40_000 }, (_, seed) => run(`mnist-${seed}`));
  t.throws(() => formatPlan(runs), { name: 'UserError', message: /^The plan of 40000 such runs has \d+ characters/ });
  t.end();
});

test('a plan whose names lead out of its folder, are there twice, or that has other fields is refused', (t) => {
  for (const [runs, message] of [
    [[run('../out')], /runs\[0\]\.name is "\.\.\/out": accepted are a to z/],
    [[run('/etc')], /name/],
    [[run('')], /name/],
    [[run('a'), run('a')], /names a twice/],
    [[], /runs/],
    [[{ ...run('a'), path: 'x' }], /path/],
    [[run('a', { config: { ...config, seed: -1 } })], /runs\[0\]\.config\.seed is -1/],
  ] as const) {
    t.throws(() => parsePlan(formatPlan(runs as unknown as PlannedRun[]), 'plan.json'), { name: 'UserError', message });
  }
  t.throws(() => parsePlan('{"schema": 2, "runs": []}', 'plan.json'), { name: 'UserError', message: /schema/ });
  t.end();
});
