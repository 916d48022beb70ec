import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'tap';
import { formatMetrics } from '../../../src/experiment/metrics.js';
import { readRuns } from '../../../src/sweep/compare/read.js';
import { formatPlan } from '../../../src/sweep/plan.js';
import { audited, finishedRun } from './made-up.js';

/** Writes a run's files, but for those that are left out. */
function write(folder: string, run: ReturnType<typeof finishedRun>, without: readonly string[] = []): void {
  mkdirSync(folder, { recursive: true });
  const { bp, fa } = run.config.training;
  const training = { bp: { ...bp, epochs: 1 }, fa: { ...fa, epochs: 2 } }; // as many as the made-up metrics tell of
  const files = {
    'config.json': JSON.stringify({ ...run.config, training }),
    'results.json': JSON.stringify(run.results),
    'metrics.jsonl': formatMetrics(run.metrics),
    ...(run.audit ? { 'audit.json': JSON.stringify(run.audit) } : {}),
  };
  for (const [name, text] of Object.entries(files))
    if (!without.includes(name)) writeFileSync(join(folder, name), text);
}

test('runs are read from their own folders and from sweeps’', async (t) => {
  const cwd = t.testdir({ sweep: {}, loose: {} });
  const at = (...names: string[]) => join(cwd, ...names);
  const one = finishedRun({ seed: 1, audit: audited(1, 0.2) });
  write(at('alone'), one);
  write(at('sweep', 'a'), finishedRun({ seed: 2 }));
  write(at('sweep', 'stranger'), finishedRun({ seed: 9 }));
  const plan = ['a', 'b'].map((name) => ({ name, audit: 'none' as const, config: one.config }));
  writeFileSync(at('sweep', 'plan.json'), formatPlan(plan));
  write(at('loose', 'b'), finishedRun({ seed: 4 }));
  write(at('loose', 'a'), finishedRun({ seed: 3 }));
  const { runs, notes } = await readRuns([at('alone'), at('sweep'), at('loose'), at('alone')]);
  t.same(
    runs.map(({ config }) => config.seed),
    [1, 2, 3, 4],
    'the plan’s runs and no others; each folder once',
  );
  t.ok(runs[0].audit);
  t.match(notes, [/b is not finished: left out/]);
});

test('what is not finished or can’t be read is told and left out', async (t) => {
  const cwd = t.testdir();
  const at = (name: string) => join(cwd, 'runs', name);
  write(at('a'), finishedRun({ seed: 1 }));
  write(at('b'), finishedRun({ seed: 2 }), ['results.json']);
  write(at('c'), finishedRun({ seed: 3 }), ['metrics.jsonl']);
  write(at('d'), { ...finishedRun({ seed: 4 }), config: finishedRun({ seed: 5 }).config });
  const whole = audited(6, 0.2);
  write(at('e'), finishedRun({ seed: 6, audit: { ...whole, models: { bp: whole.models.bp } } }));
  write(at('f'), finishedRun({ seed: 7 }));
  writeFileSync(join(at('f'), 'results.json'), '{');
  const { runs, notes } = await readRuns([join(cwd, 'runs')]);
  t.same(
    runs.map(({ config }) => config.seed),
    [1],
  );
  t.match(notes, [
    /b is not finished: left out/,
    /Left out: .*metrics\.jsonl has 0 of the 1 epochs of bp\. Restore it/,
    /results\.json is of mnist, seed 4, and config\.json beside it of mnist, seed 5/,
    /e\/audit\.json has no network fa, which results\.json beside it names\. .*repeat the audit/,
    /results\.json is not JSON/,
  ]);
});

test('a folder without runs, and runs of which none is finished, are errors', async (t) => {
  const cwd = t.testdir({ empty: {} });
  await t.rejects(readRuns([join(cwd, 'empty')]), { name: 'UserError', message: /holds no run, and no sweep/ });
  await t.rejects(readRuns([join(cwd, 'nowhere')]), { name: 'UserError', message: /nowhere/ });
  write(join(cwd, 'run'), finishedRun(), ['results.json']);
  await t.rejects(readRuns([join(cwd, 'run')]), { name: 'UserError', message: /no run is finished there/ });
});
