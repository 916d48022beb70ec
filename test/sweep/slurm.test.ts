import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'tap';
import { configFrom } from '../../src/commands/options.js';
import { UserError } from '../../src/errors.js';
import { type PlannedRun, parsePlan } from '../../src/sweep/plan.js';
import { clearEarlier, scriptText, writeScripts } from '../../src/sweep/slurm.js';

const config = configFrom('mnist', {}, 'simd');
const runs: PlannedRun[] = Array.from({ length: 5 }, (_, index) => ({ name: `run-${index}`, audit: 'none', config }));
const settings = { jobs: 2, cores: 4, args: '--account=a --time=01:00:00' };

test('an array has a task for each run, and is split where it would be too long', async (t) => {
  const folder = t.testdir();
  const scripts = await writeScripts(runs, { folder, ...settings }, 2);
  t.same(
    scripts.map(({ tasks }) => tasks),
    [2, 2, 1],
  );
  t.same(parsePlan(readFileSync(join(folder, 'slurm/plan.json'), 'utf8'), 'plan.json').runs, runs);
  const texts = scripts.map(({ file }) => readFileSync(file, 'utf8'));
  t.match(texts[0], /^#SBATCH --array=0-1%2$/m);
  t.match(texts[2], /^#SBATCH --array=0-0%2$/m);
  t.match(texts[2], 'number=$((4 + SLURM_ARRAY_TASK_ID))');
  t.match(texts[0], /^#SBATCH --account=a --time=01:00:00$/m);
  t.match(texts[0], /^#SBATCH --signal=B:USR1@90$/m);
  await t.rejects(writeScripts(runs, { folder, ...settings, args: '--a\nrm' }), { name: 'UserError' });
});

test('whatever is in a path, bash takes it as one word', (t) => {
  const odd = `/a 'b' "c" $(touch x) \`d\` \\ %j`;
  const text = scriptText({ ...settings, folder: odd, plan: `${odd}/plan.json`, logs: '/tmp', first: 0, tasks: 1 });
  t.equal(spawnSync('bash', ['-n'], { input: text }).status, 0, 'it is a script');
  const line = text.split('\n').find((each) => each.includes('--out-in')) as string;
  const echoed = spawnSync('bash', ['-c', `number=3 alone=(); printf '%s\\n' ${line.replace(/ &$/, '')}`], {
    encoding: 'utf8',
  });
  const words = echoed.stdout.split('\n');
  t.equal(words[2], 'run');
  t.equal(words[3], `${odd}/plan.json`);
  t.equal(words[words.indexOf('--out-in') + 1], odd);
  t.end();
});

test('a cancelled task waits until its run has ended, and ends with its exit code', async (t) => {
  const folder = t.testdir({
    'run.sh': "trap 'sleep 1; echo ended; exit 130' TERM; echo begun; while :; do sleep 0.1; done",
  });
  const log = join(folder, 'run-0.log');
  const said = () => readFileSync(log, { encoding: 'utf8', flag: 'a+' });
  const text = scriptText({ ...settings, folder, plan: join(folder, 'plan.json'), logs: folder, first: 0, tasks: 1 });
  const script = text.replace(`'${process.execPath}'`, `bash '${folder}/run.sh'`);
  const task = spawn('bash', ['-c', script], { env: { ...process.env, SLURM_ARRAY_TASK_ID: '0' }, stdio: 'ignore' });
  while (!said().includes('begun')) await sleep(20);
  task.kill('SIGTERM'); // as scancel does
  const [code] = await once(task, 'close');
  t.equal(code, 130);
  t.match(said(), 'ended', 'the run was not left behind');
});

test('a damaged list of an earlier submission’s jobs is an error that names it', async (t) => {
  const folder = t.testdir({ slurm: { 'jobs.json': '[12' } });
  await t.rejects(clearEarlier(folder, runs), { constructor: UserError, message: /slurm\/jobs\.json/ });
});
