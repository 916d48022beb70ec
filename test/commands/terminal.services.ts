/* What a person meets on a real terminal: how the program ends, and what then stands there. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Test, test } from 'tap';
import { startBadServer } from '../datasets/fetch/bad-server.js';
import { smallRun, smallRunFiles } from '../helpers/command-line.js';
import { CTRL_C, cursorShown, noTerminal, onTerminal, screen, type Terminal } from '../helpers/pseudo-terminal.js';

const skip = noTerminal;
/** A run that would take for ever: to be interrupted. */
const endless = ['mnist', '--train-size', '2000', '--epochs', '5000', '--no-audit'];
/** Ends a run long before its epochs do, and its bar is there. */
const epochDone = /BP epoch 1\/[\s\S]*BP training \[/;

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

async function endsWith(t: Test, terminal: Terminal, expected: number): Promise<void> {
  const { code, seconds } = await terminal.ended();
  t.equal(code, expected, 'exit code');
  t.ok(seconds < 2, `ends within 2 s: ${seconds.toFixed(2)}`);
  t.ok(cursorShown(terminal.text()), 'the cursor is shown');
  t.notMatch(terminal.text(), /\n\s+at /, 'no stack trace');
}

for (const columns of [0, 20, 40, 80, 200]) {
  test(`Ctrl-C on a terminal of ${columns} columns: exit code 130, the message whole, the last line at the bottom`, {
    skip,
  }, async (t) => {
    const cwd = t.testdir();
    const terminal = onTerminal(endless, cwd, columns);
    await terminal.shows(columns === 20 || columns === 40 ? /BP epoch 1\/[\s\S]*BP training +\d+ %/ : epochDone);
    terminal.type(CTRL_C);
    await endsWith(t, terminal, 130);
    const lines = screen(terminal.text());
    t.match(
      lines.at(-2),
      /^(\^C)?Interrupted\. What was finished is in out\/mnist-1; the same command goes on from there\.$/,
    );
    t.equal(lines.at(-1), '', 'and the bar is gone');
    t.same(readdirSync(join(cwd, 'out/mnist-1')).sort(), ['bp.checkpoint.safetensors', 'config.json', 'metrics.jsonl']);
  });
}

test('an error ends the program at once, its message whole: training that diverges', { skip }, async (t) => {
  const terminal = onTerminal(['mnist', ...smallRun, '--train-size', '2000', '--lr', '1e20'], t.testdir(), 40);
  await terminal.shows(/training has diverged/);
  await endsWith(t, terminal, 2);
  t.match(
    screen(terminal.text()).at(-2),
    /^BP: the loss is no finite number any more in epoch 1: training has diverged\. Try a lower --lr than 100000000000000000000\.$/,
  );
});

test('an error of the disk likewise', { skip }, async (t) => {
  const terminal = onTerminal(['mnist', '--config', '.'], t.testdir());
  await endsWith(t, terminal, 2);
  t.match(screen(terminal.text()), ["Can't read --config .: it is a folder, where a file is expected (EISDIR).", '']);
});

for (const columns of [0, 20, 80]) {
  test(`a run on a terminal of ${columns} columns shows every epoch's line, the last one too, and then its answer`, {
    skip,
  }, async (t) => {
    const cwd = t.testdir();
    const terminal = onTerminal(['mnist', ...smallRun, '--epochs', '2'], cwd, columns);
    const { code } = await terminal.ended();
    t.equal(code, 0);
    t.ok(cursorShown(terminal.text()));
    const lines = screen(terminal.text());
    t.same(
      lines.filter((line) => / epoch /.test(line)).map((line) => line.replace(/:.*/, '')),
      ['BP epoch 1/2', 'BP epoch 2/2', 'FA epoch 1/2', 'FA epoch 2/2'],
    );
    t.same(
      lines
        .filter((line) => /^ {2}\S/.test(line))
        .map((line) => line.trim())
        .sort(),
      smallRunFiles,
      'one a line',
    );
    t.notOk(
      lines.some((line) => line.includes('[===')),
      'and no bar is left',
    );
    if (columns === 80) t.ok(lines.every((line) => line.length <= 80));
  });
}

test('Ctrl-C while data is fetched: what has come is kept, the message says so, and the next time goes on from it', {
  skip,
}, async (t) => {
  const server = await startBadServer(t);
  const name = 'train-images-idx3-ubyte.gz';
  const address = `http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/${name}`;
  server.files.set(address, Buffer.alloc(400_000, 7));
  server.behaviours.push('stall', 'stall');
  const environment = { npm_config_proxy: server.address, npm_config_noproxy: '' };
  const cwd = t.testdir();
  for (const [args, range] of [
    [['fashion-mnist'], ''],
    [['data', 'fashion-mnist'], ' bytes=200000-'],
  ] as const) {
    const terminal = onTerminal(args, cwd, 80, environment);
    const partial = join(cwd, 'data', 'fashion-mnist', `${name}.partial`);
    while (server.requests.length === 0 || sizeOf(partial) < 200_000) await sleep(20);
    t.equal(server.requests.pop(), address + range);
    await sleep(500); // the second has found what the first one left, and waits for more
    terminal.type(CTRL_C);
    await endsWith(t, terminal, 130);
    t.match(
      screen(terminal.text()).at(-2),
      /Interrupted\. What has come of the data stays in data\/fashion-mnist; the same command goes on from there\.$/,
    );
    t.ok(sizeOf(partial) >= 200_000);
    t.same(readdirSync(cwd), ['data'], 'nothing of the run was begun');
  }
});

test('a second Ctrl-C ends the program whatever it is doing', { skip }, async (t) => {
  const terminal = onTerminal(endless, t.testdir());
  await terminal.shows(epochDone);
  terminal.type(CTRL_C);
  terminal.type(CTRL_C);
  const { code, seconds } = await terminal.ended();
  t.equal(code, 130);
  t.ok(seconds < 1, `${seconds.toFixed(2)} s`);
  t.ok(cursorShown(terminal.text()));
});

test('a polite kill, one that is not, and a closed terminal leave the cursor shown', { skip }, async (t) => {
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGKILL'] as const) {
    const cwd = t.testdir();
    const terminal = onTerminal(endless, cwd);
    await terminal.shows(epochDone);
    terminal.kill(signal);
    const { code, seconds } = await terminal.ended();
    t.equal(code, signal === 'SIGKILL' ? 137 : 130, signal);
    t.ok(seconds < 2, `${seconds.toFixed(2)} s`);
    t.ok(cursorShown(terminal.text()));
  }
});
