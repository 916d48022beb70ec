/*
 * Runs the tests: `node dist/test/run.js [--services] [--coverage] [part of a path]…`
 *
 * Each file is a process of its own, two at a time, and its output is read as TAP. The tests are written with tap, and
 * `npx tap <file>` runs one of them too; tap's own runner loads hooks into every process and worker that a test starts,
 * which takes longer than most of the tests.
 */
import { spawn } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect, parseArgs } from 'node:util';
import { Parser, type Result } from 'tap-parser';

const FILES_AT_ONCE = 2;
/** Seconds that a test may take unless it says otherwise; a file gets as long for all that it says nothing of. */
const TIMEOUT = { quick: 180, services: 900 };

const { values: options, positionals: parts } = parseArgs({
  options: { services: { type: 'boolean', default: false }, coverage: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const timeout = options.services ? TIMEOUT.services : TIMEOUT.quick;
/** On a developer's machine a test of a service that isn't there may be left out; CI has them all. */
const skipFails = options.services && process.env.CI === 'true';

interface Outcome {
  passed: number;
  skipped: number;
  /** What to print of each failure. */
  failures: string[];
}

/** Runs one file to its end. */
function run(file: string): Promise<Outcome> {
  const outcome: Outcome = { passed: 0, skipped: 0, failures: [] };
  // Memory that is given back is filled with NaN: a test fails where something still reads it.
  const env = { ...process.env, TAP: '1', TAP_TIMEOUT: `${timeout}`, WEIGHT_TRANSPORT_POISON: '1' };
  const child = spawn(process.execPath, ['--enable-source-maps', file], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const late = setTimeout(() => child.kill('SIGKILL'), 2 * timeout * 1000);
  let stderr = '';
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const parser = new Parser();
  count(parser, outcome);
  child.stdout.pipe(parser);
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      clearTimeout(late);
      const { passed, skipped, failures } = outcome;
      if (failures.length === 0) {
        if (code !== 0) failures.push(`ended with ${signal ?? `code ${code}`}`);
        else if (passed + skipped === 0) failures.push('holds no test');
        else if (!parser.results?.ok) failures.push('is no complete TAP');
      }
      if (failures.length > 0 && stderr) failures[failures.length - 1] += `\n${stderr}`;
      resolve(outcome);
    });
  });
}

/**
 * Counts assertions as they come, those of tests within tests too. The line that closes a test is none, but counts if
 * the test failed with no assertion that did.
 */
function count(parser: Parser, outcome: Outcome): void {
  let before = 0;
  parser.on('child', (child: Parser) => {
    before = outcome.failures.length;
    count(child, outcome);
  });
  parser.on('assert', (result: Result) => {
    if (result.closingTestPoint && (result.ok || outcome.failures.length > before)) return;
    if (result.skip && !skipFails) outcome.skipped++;
    else if (result.ok && !result.skip) outcome.passed++;
    else outcome.failures.push(describe(result));
  });
}

function describe({ fullname, skip, diag }: Result): string {
  if (skip) return `${fullname}: left out (${skip}), which CI may not`;
  const { diff, at, source, ...others } = diag ?? {};
  const place = at ? `${at.fileName}:${at.lineNumber}` : '';
  return [fullname, diff ?? inspect(others, { depth: 4 }), place, source].filter(Boolean).join('\n');
}

const here = dirname(fileURLToPath(import.meta.url));
const ending = options.services ? '.services.js' : '.test.js';
const files = readdirSync(here, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith(ending))
  .map((name) => relative('.', join(here, name)))
  .filter((file) => parts.length === 0 || parts.some((part) => file.includes(part)))
  .sort();

if (options.coverage) {
  rmSync('coverage', { recursive: true, force: true });
  process.env.NODE_V8_COVERAGE = resolve('coverage/raw');
}
const total: Outcome = { passed: 0, skipped: 0, failures: [] };
const waiting = [...files];
async function runWaiting(): Promise<void> {
  for (let file = waiting.shift(); file; file = waiting.shift()) {
    const begun = performance.now();
    const { passed, skipped, failures } = await run(file);
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    const counts = `${passed} passed${skipped ? `, ${skipped} skipped` : ''}`;
    console.log(`${failures.length > 0 ? 'FAILED' : 'ok'} ${file}: ${counts}, ${seconds} s`);
    for (const failure of failures) console.log(`\n${failure}\n`.replaceAll('\n', '\n    '));
    total.passed += passed;
    total.skipped += skipped;
    total.failures.push(...failures);
  }
}
await Promise.all(Array.from({ length: FILES_AT_ONCE }, runWaiting));

const { passed, skipped, failures } = total;
console.log(`\n${passed} passed, ${failures.length} failed${skipped ? `, ${skipped} skipped` : ''}`);
if (failures.length > 0 || passed === 0) process.exitCode = 1;
