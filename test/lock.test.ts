import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Test, test } from 'tap';
import { UserError } from '../src/errors.js';
import { withLock } from '../src/lock.js';

const program = fileURLToPath(new URL('./helpers/lock-child.js', import.meta.url));
const hasProc = existsSync('/proc/self/stat') ? false : 'this system has no /proc';

interface Child {
  readonly process: ChildProcess;
  /** What it says of the lock. */
  readonly said: string;
}

/** Starts a process that takes the lock, and waits until it has it or has given up. */
async function contender(t: Test, file: string, end = 'return'): Promise<Child> {
  const child = spawn(process.execPath, [program, file, end], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(() => void child.kill('SIGKILL'));
  let said = '';
  for await (const data of child.stdout.iterator({ destroyOnReturn: false })) {
    said += data;
    if (said.endsWith('\n')) break;
  }
  return { process: child, said: said.trim() };
}

async function endOf({ process: child }: Child, how: 'go on' | NodeJS.Signals): Promise<void> {
  const ended = once(child, 'exit');
  if (how === 'go on') child.stdin?.write('\n');
  else child.kill(how);
  await ended;
}

const setUp = (t: Test) => join(t.testdir(), 'run.lock');
const take = (file: string, work: () => Promise<unknown> = async () => {}) =>
  withLock({ file, subject: 'out/run', advice: 'Choose another folder.' }, work);

/** What this process writes into a lock. */
async function ownMark(file: string): Promise<Record<string, unknown>> {
  let text = '';
  await take(file, async () => {
    text = readFileSync(file, 'utf8');
  });
  return JSON.parse(text);
}

test('work is done under the lock, its value or error comes back, and the lock is gone', async (t) => {
  const file = setUp(t);
  t.equal(
    await withLock({ file, subject: 'x', advice: '' }, async () => readdirSync(join(file, '..')).join()),
    'run.lock',
  );
  t.notOk(existsSync(file));
  await t.rejects(
    take(file, () => Promise.reject(new TypeError('no'))),
    TypeError,
  );
  t.notOk(existsSync(file));
  t.equal(process.listeners('exit').filter(({ name }) => name === 'releaseAll').length, 0);
});

test('who comes second is told the process and host that hold it, and what to do', async (t) => {
  const file = setUp(t);
  const first = await contender(t, file);
  t.equal(first.said, 'holding');
  await t.rejects(take(file), {
    constructor: UserError,
    message: new RegExp(
      `^out/run is in use by process ${first.process.pid} on ${hostname()} since 2[-0-9T:.]+Z\\. Choose another folder\\.$`,
    ),
  });
  t.match((await contender(t, file)).said, `the folder is in use by process ${first.process.pid} on`);
  await endOf(first, 'go on');
  t.notOk(existsSync(file));
  await t.resolves(take(file));
});

test('the same process can not take it twice', async (t) => {
  const file = setUp(t);
  await take(file, () =>
    t.rejects(take(file), new RegExp(`out/run is in use by this process itself, process ${process.pid} on`)),
  );
});

for (const end of ['throw', 'exit']) {
  test(`a process that ends by ${end} gives it back`, async (t) => {
    const file = setUp(t);
    const child = await contender(t, file, end);
    await endOf(child, 'go on');
    t.same(readdirSync(join(file, '..')), []);
  });
}

test('the lock of a killed process is taken over', async (t) => {
  const file = setUp(t);
  const killed = await contender(t, file);
  await endOf(killed, 'SIGKILL');
  t.ok(existsSync(file), 'it is still there');
  const next = await contender(t, file);
  t.equal(next.said, 'holding');
  await endOf(next, 'go on');
  t.same(readdirSync(join(file, '..')), []);
});

test('of many processes at once just one has it, a dead lock in the way or not', { timeout: 120_000 }, async (t) => {
  const file = setUp(t);
  for (const dead of [false, true]) {
    if (dead) await endOf(await contender(t, file), 'SIGKILL');
    const all = await Promise.all(Array.from({ length: 5 }, () => contender(t, file)));
    const holding = all.filter(({ said }) => said === 'holding');
    t.equal(holding.length, 1, `dead lock: ${dead}`);
    const [{ process: winner }] = holding;
    for (const { said } of all) if (said !== 'holding') t.match(said, `the folder is in use by process`);
    t.equal(JSON.parse(readFileSync(file, 'utf8')).pid, winner.pid);
    await endOf(holding[0], 'go on');
    t.same(readdirSync(join(file, '..')), []);
  }
});

test('a process that took the number of a dead one is not taken for it', { skip: hasProc }, async (t) => {
  const file = setUp(t);
  const mark = await ownMark(file);
  t.match(mark, { pid: process.pid, host: hostname(), started: /^\d+$/, boot: /./, namespace: /^pid:/ });
  writeFileSync(file, JSON.stringify({ ...mark, id: 'of the dead', started: '1' }));
  await t.resolves(take(file), 'this number lives, but began at another time');
  writeFileSync(file, JSON.stringify({ ...mark, id: 'of the dead', boot: 'before the last start' }));
  await t.resolves(take(file), 'the machine has been started anew');
});

test('a zombie is dead', { skip: hasProc }, async (t) => {
  const file = setUp(t);
  // A shell that starts a process and never waits for it: by the time that this ends, it is a shell no more.
  const shell = spawn('sh', ['-c', `sleep 0.3 & echo $!; exec sleep 60`]);
  t.teardown(() => void shell.kill('SIGKILL'));
  const [line] = await once(shell.stdout, 'data');
  const pid = Number(`${line}`);
  while (!/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) await sleep(10);
  const started = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')[19];
  writeFileSync(file, JSON.stringify({ ...(await ownMark(`${file}2`)), id: 'of the dead', pid, started }));
  await t.resolves(take(file));
});

test('a process that can not be seen from here may live: the message names the file to remove', async (t) => {
  const file = setUp(t);
  const mark = await ownMark(file);
  const unseen = async (lock: string, start: RegExp) => {
    writeFileSync(file, lock);
    await t.rejects(take(file), { constructor: UserError, message: start });
    await t.rejects(take(file), {
      message:
        /Choose another folder\. This machine can't see if the lock is still in use: if not, remove .*run\.lock\.$/,
    });
    t.equal(readFileSync(file, 'utf8'), lock, 'it stays');
    rmSync(file);
  };
  await unseen(JSON.stringify({ ...mark, host: 'elsewhere' }), /^out\/run is in use by process \d+ on elsewhere since/);
  if (!hasProc) await unseen(JSON.stringify({ ...mark, namespace: 'pid:[1]' }), /^out\/run is in use by process/);
  for (const text of ['', '{', 'null', '[]', '{"pid":1}', JSON.stringify({ ...mark, pid: -1 })]) {
    await unseen(text, /^out\/run is in use: the lock .*run\.lock exists, but names no process\./);
  }
});

test('a lock that somebody removed, and another took, is left to that one', async (t) => {
  const file = setUp(t);
  await take(file, async () => {
    rmSync(file);
    writeFileSync(file, 'of another');
  });
  t.equal(readFileSync(file, 'utf8'), 'of another');
});

test('it can be waited for: what is waited for is said once, and waiting can be broken off', async (t) => {
  const file = setUp(t);
  const first = await contender(t, file);
  const messages: string[] = [];
  const onWait = (message: string) => messages.push(message);
  const lock = { file, subject: 'data/cifar10', advice: '', onWait };
  let order = '';
  const waiting = withLock(lock, async () => {
    order += 'second';
  });
  await sleep(700);
  const controller = new AbortController();
  const broken = withLock({ ...lock, signal: controller.signal }, () => t.fail('it has the lock') as never);
  setTimeout(() => controller.abort(), 50);
  await t.rejects(broken, { name: 'AbortError' });
  t.equal(messages.length, 2);
  t.match(
    messages[0],
    new RegExp(`^data/cifar10 is in use by process ${first.process.pid} on .* Waiting for it to end\\.$`),
  );
  order += 'first ';
  await endOf(first, 'go on');
  await waiting;
  t.equal(order, 'first second');
  writeFileSync(file, JSON.stringify({ ...(await ownMark(`${file}2`)), host: 'elsewhere' }));
  await t.rejects(
    withLock(lock, async () => {}),
    /on elsewhere/,
    'what may never end is not waited for',
  );
});

test('a folder that is not there, or takes no file, is told in a sentence', async (t) => {
  const missing = join(t.testdir({ file: '' }), 'nowhere', 'run.lock');
  await t.rejects(take(missing), {
    name: 'UserError',
    message: /^Can't lock out\/run: there is no such file or folder/,
  });
  await t.rejects(take('/proc/run.lock'), { name: 'UserError', message: /^Can't lock out\/run: / });
});

test('an error of the work itself is not taken for one of the lock', async (t) => {
  const broken = Object.assign(new Error('own'), { code: 'ENOENT', syscall: 'open' });
  await t.rejects(
    take(setUp(t), () => Promise.reject(broken)),
    broken,
  );
});
