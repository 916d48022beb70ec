import { test } from 'tap';
import { configFrom } from '../../../src/commands/options.js';
import type { PlannedRun } from '../../../src/sweep/plan.js';
import { formatJob, jobId, parseJob } from '../../../src/sweep/redis/job.js';
import { VERSION } from '../../../src/version.js';

const config = configFrom('mnist', { data: '/some/where' }, 'simd');
const run: PlannedRun = { name: 'mnist-1-abc', audit: 'quick', config };
const digest = 'a'.repeat(64);
const job = JSON.parse(JSON.stringify(formatJob({ run, data: digest })));

test('a job is read as it was made, but for its path', (t) => {
  t.same(parseJob(job, jobId(run)), {
    version: VERSION,
    run: { ...run, config: { ...config, data: null } },
    data: digest,
  });
  t.notMatch(JSON.stringify(job), '/some/where');
  t.end();
});

test('nothing of a job is believed', (t) => {
  const withRun = (more: object) => ({ ...job, run: { ...job.run, ...more } });
  const withConfig = (more: object) => withRun({ config: { ...job.run.config, ...more } });
  for (const [bad, message] of [
    [withRun({ name: '../../etc' }), /name/],
    [withRun({ name: 'a/b' }), /name/],
    [withRun({ command: 'rm' }), /command/],
    [{ ...job, more: 1 }, /more/],
    [{ ...job, data: '/etc/passwd' }, /data/],
    [withConfig({ data: '/etc/passwd' }), /names a path for its data/],
    [withConfig({ dataset: '../mnist' }), /dataset/],
    [withConfig({ preset: 'x'.repeat(1_000_000) }), /characters; 100000 are the most/],
    [withConfig({ epsilons: JSON.parse('['.repeat(100) + ']'.repeat(100)) }), /nested/],
    [{ ...job, version: '99.1.2' }, new RegExp(`99\\.1\\.2 \\(schema 1\\); this is ${VERSION}`)],
    [{ ...job, schema: 2 }, /schema 2/],
    [withRun({ name: 'mnist-2-abc' }), /is called mnist-1-abc-quick, but asks for mnist-2-abc-quick/],
    [null, /not usable/],
    [undefined, /not usable/],
    ['run', /not usable/],
  ] as const) {
    t.throws(() => parseJob(bad, jobId(run)), { name: 'UserError', message }, String(message));
  }
  t.end();
});
