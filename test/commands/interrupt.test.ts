import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'tap';
import { cli, finish, smallRun } from '../helpers/command-line.js';

const interrupt = new URL('../../src/commands/interrupt.js', import.meta.url).href;
const errors = new URL('../../src/errors.js', import.meta.url).href;

/** Runs a job in a process of its own, and sends that a signal each time it says so; gives what it printed and its end. */
async function interrupted(job: string, signal: NodeJS.Signals = 'SIGINT') {
  const program = `
    import { setTimeout as sleep } from 'node:timers/promises';
    import { interruptible } from ${JSON.stringify(interrupt)};
    import { Interruption } from ${JSON.stringify(errors)};
    const kill = () => console.log('kill');
    try {
      console.log(await interruptible(async (signal) => { ${job} }, () => 'What remains.'));
    } catch (error) {
      console.log(error instanceof Interruption, error.message);
    }
    process.exit(process.listenerCount('SIGINT') + process.listenerCount('SIGTERM') + process.listenerCount('SIGHUP') === 0 ? 7 : 8);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program]);
  let text = '';
  let since = Number.NaN;
  child.stdout.on('data', (data) => {
    for (const line of `${data}`.trimEnd().split('\n')) {
      if (line !== 'kill') text += line;
      else if (child.kill(signal)) since = performance.now();
    }
  });
  const [code, killer] = await once(child, 'close');
  return { text, code, killer, seconds: (performance.now() - since) / 1000 };
}

test('a job that heeds its signal ends at once, and says what remains', async (t) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const { text, code, seconds } = await interrupted('kill(); await sleep(60_000, 0, { signal });', signal);
    t.equal(text, 'true Interrupted. What remains.');
    t.equal(code, 7, 'and the process goes on to its own end');
    t.ok(seconds < 1, `${seconds} s`);
  }
});

test('what the job itself says of its end is told instead', async (t) => {
  const job =
    "kill(); await sleep(60_000, 0, { signal }).catch(() => { throw new Interruption('The job’s own words.') });";
  t.equal((await interrupted(job)).text, 'true Interrupted. The job’s own words.');
});

test('a job that does not heed it is left behind after a second', async (t) => {
  const { text, seconds } = await interrupted('kill(); await sleep(60_000);');
  t.equal(text, 'true Interrupted. What remains.');
  t.ok(seconds < 2, `${seconds} s`);
});

test('a second one ends the process, even while its thread is busy', async (t) => {
  const busy = 'kill(); await sleep(60_000, 0, { signal }).catch(() => { kill(); for (;;); });';
  const { text, killer, seconds } = await interrupted(busy);
  t.equal(text, '');
  t.equal(killer, 'SIGINT', 'which a shell calls 130');
  t.ok(seconds < 1, `${seconds} s`);
});

test('without an interruption, results and errors are the job’s, and no listener stays', async (t) => {
  t.match(await interrupted("return 'done'"), { text: 'done', code: 7 });
  t.match(await interrupted("throw new TypeError('a mistake')"), { text: 'false a mistake', code: 7 });
});

test('without a terminal, as with nohup, a run outlives SIGHUP, and SIGTERM still ends it', async (t) => {
  const endless = ['mnist', ...smallRun, '--epochs', '5000'];
  const child = spawn(process.execPath, [cli, ...endless], { cwd: t.testdir(), stdio: ['ignore', 'pipe', 'pipe'] });
  const end = finish(child);
  let epochs = 0;
  child.stderr.on('data', (data) => {
    const before = epochs;
    epochs += `${data}`.match(/epoch/g)?.length ?? 0;
    if (before === 0 && epochs > 0) child.kill('SIGHUP');
    if (before < 4 && epochs >= 4) child.kill('SIGTERM');
  });
  const { code, stderr } = await end;
  t.equal(code, 130, stderr);
  t.match(stderr, /BP epoch 4\/5000[\s\S]*Interrupted\. What was finished is in out\/mnist-1;/);
});
