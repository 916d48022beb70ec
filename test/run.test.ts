import { spawnSync } from 'node:child_process';
import { copyFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Test, test } from 'tap';

/** Runs the runner of the tests on files that print what is given. */
function run(t: Test, outputs: Record<string, string>, { args = [] as string[], CI = '' } = {}) {
  const folder = t.testdir({ 'package.json': '{ "type": "module" }', test: outputs });
  copyFileSync(fileURLToPath(new URL('run.js', import.meta.url)), join(folder, 'test/run.js'));
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  const env = { ...process.env, CI, NODE_V8_COVERAGE: '' };
  const { status, stdout } = spawnSync(process.execPath, ['test/run.js', ...args], {
    cwd: folder,
    env,
    encoding: 'utf8',
  });
  return { status, stdout, last: stdout.trim().split('\n').at(-1) };
}
const prints = (...lines: string[]) => `console.log(${JSON.stringify(lines.join('\n'))})`;
const good = prints('TAP version 14', '# Subtest: a', '    ok 1 - x', '    ok 2 - y', '    1..2', 'ok 1 - a', '1..1');

test('assertions are counted, those of tests within tests too, and all that pass is success', (t) => {
  const { status, last } = run(t, { 'a.test.js': good, 'b.test.js': good });
  t.equal(last, '4 passed, 0 failed');
  t.equal(status, 0);
  t.end();
});

test('an assertion that fails, a crash, a file without tests and one that stops short are failures', (t) => {
  const { status, stdout, last } = run(t, {
    'assertion.test.js': prints(
      '# Subtest: sums',
      '    ok 1 - x',
      '    not ok 2 - y',
      '    1..2',
      'not ok 1 - sums',
      '1..1',
    ),
    'closing.test.js': prints('# Subtest: late', '    ok 1 - x', '    1..1', 'not ok 1 - late', '1..1'),
    'crash.test.js': `${good}; console.error('on fire'); process.exit(3)`,
    'empty.test.js': '',
    'good.test.js': good,
    'short.test.js': prints('ok 1 - x', '1..2'),
  });
  t.equal(status, 1);
  t.match(stdout, /FAILED test\/assertion\.test\.js: 1 passed[\s\S]*sums > y/);
  t.match(stdout, /FAILED test\/closing\.test\.js: 1 passed[\s\S]*late/);
  t.match(stdout, /FAILED test\/crash\.test\.js[\s\S]*ended with code 3[\s\S]*on fire/);
  t.match(stdout, /FAILED test\/empty\.test\.js[\s\S]*holds no test/);
  t.match(stdout, /ok test\/good\.test\.js: 2 passed/);
  t.match(stdout, /FAILED test\/short\.test\.js/);
  t.equal(last, '7 passed, 5 failed');
  t.end();
});

test('the two suites are apart; a test of a service may be left out, but not by CI', (t) => {
  const skips = prints('ok 1 - x', 'ok 2 - y # SKIP no Redis here', '1..2');
  const files = { 'a.test.js': good, 'b.services.js': skips };
  t.equal(run(t, files, { CI: 'true' }).last, '2 passed, 0 failed');
  const here = run(t, files, { args: ['--services'] });
  t.same([here.last, here.status], ['1 passed, 0 failed, 1 skipped', 0]);
  const inCi = run(t, files, { args: ['--services'], CI: 'true' });
  t.same([inCi.last, inCi.status], ['1 passed, 1 failed', 1]);
  t.match(inCi.stdout, /no Redis here/);
  t.end();
});

test('a part of a path chooses files; no file at all is a failure', (t) => {
  const files = { 'a.test.js': good, 'b.test.js': prints('not ok 1', '1..1') };
  t.equal(run(t, files, { args: ['a.test'] }).status, 0);
  t.same(run(t, files, { args: ['c.test'] }).status, 1);
  t.end();
});
