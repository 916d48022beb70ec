import { test } from 'tap';
import { z } from 'zod';
import { parseAudit } from '../src/audit/findings.js';
import { configFrom } from '../src/commands/options.js';
import { UserError } from '../src/errors.js';
import { parseConfigText } from '../src/experiment/config.js';
import { parseMetrics } from '../src/experiment/metrics.js';
import { parseResults } from '../src/report/run/results.js';
import { faultList, list, parseJson, table } from '../src/schema.js';
import { exampleAudit } from './helpers/audit-example.js';
import { exampleResults } from './helpers/results-example.js';

const parse = (text: string) => parseJson(text, 'the file', 'Do this.');

test('JSON is parsed', (t) => {
  const text = '{"a":[1,{"b":"{[\\"[,:"}],"c\\\\":null}';
  t.same(parse(text), JSON.parse(text));
  t.end();
});

const deep = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const long = (length: number) => `[${new Array(length).fill('0').join(',')}]`;
const wide = (keys: number) => `{${Array.from({ length: keys }, (_, index) => `"${index}":0`).join(',')}}`;

test('what is no JSON, or more than any file of ours, is refused by name, with advice', (t) => {
  for (const [text, message] of [
    ['', /^the file is not JSON \(.*\)\. Do this\.$/],
    ['{"a":}', /^the file is not JSON/],
    ['"', /^the file is not JSON/],
    [deep(65), /^the file is nested 65 deep or deeper; 64 is the most\. Do this\.$/],
    [deep(5_000_000), /nested 65 deep or deeper/],
    [`[${wide(10_001)}]`, /^the file has an object with more than 10000 keys; that is the most\. Do this\.$/],
    [long(1_000_001), /^the file holds more than 1000000 values; that is the most\. Do this\.$/],
    [`"${' '.repeat(20_000_000)}"`, /^the file has 20000002 characters; 20000000 is the most\. Do this\.$/],
  ] as const) {
    t.throws(() => parse(text), { constructor: UserError, message });
  }
  t.end();
});

test('as much as a file of ours may hold is parsed', (t) => {
  t.ok(parse(deep(64)));
  t.equal(Object.keys(parse(wide(10_000)) as object).length, 10_000);
  t.equal((parse(long(999_000)) as unknown[]).length, 999_000);
  t.ok(parse(`"${'[{,:'.repeat(1_000_000)}"`), 'what stands in a string is a string');
  t.end();
});

test('lists and tables give what their elements’ schema gives', (t) => {
  const element = z.object({ a: z.number() }).transform(({ a }) => a);
  t.same(list(element).parse([{ a: 1 }, { a: 2 }]), [1, 2]);
  t.same(list(element).parse([]), []);
  t.same(table(element).parse({ x: { a: 1 }, y: { a: 2 } }), { x: 1, y: 2 });
  t.notOk(list(element, 1).safeParse([]).success);
  t.notOk(list(element).safeParse({}).success);
  t.notOk(table(element).safeParse([]).success);
  t.notOk(table(element).safeParse(null).success);
  t.end();
});

test('of a list or table, the first fault is told, with its place', (t) => {
  const schema = z.object({ models: table(z.object({ points: list(z.number()) })) });
  const value = { models: { bp: { points: [1, 2] }, fa: { points: [1, 'x', 'y'] }, sa: 3 } };
  const { error } = schema.safeParse(value);
  t.same(
    error?.issues.map(({ path }) => path),
    [['models', 'fa', 'points', 1]],
  );
  t.match(error?.issues[0].message, /expected number, received string/);
  t.end();
});

test('of many faults, eight are told', (t) => {
  const value = new Array(30).fill('x');
  const text = faultList(z.array(z.number()).safeParse(value).error!, value);
  t.equal(text.match(/✖/g)?.length, 8);
  t.match(text, /… and 22 more$/);
  t.equal(faultList(z.array(z.number()).safeParse(['x']).error!, ['x']).split('\n').length, 1);
  t.end();
});

/** One text as editors on other systems leave it. */
const spellings = (text: string): [string, string][] => [
  ['with a byte order mark', `\uFEFF${text}`],
  ['with CRLF', text.replaceAll('\n', '\r\n')],
  ['without a final newline', text.trimEnd()],
  ['with all three', `\uFEFF${text.trimEnd().replaceAll('\n', '\r\n')}`],
  ['with empty lines at its end', `${text}\n\r\n`],
];

const epoch = { loss: 1, trainAccuracy: 0.5, testAccuracy: 0.5, learningRate: 0.1, seconds: 1, gradientAngles: {} };
const lines = [
  { ...epoch, rule: 'bp', epoch: 1 },
  { ...epoch, rule: 'bp', epoch: 2 },
];

/** Every text file that the program reads: what it may hold, and its reader. */
const readers: Record<string, readonly [text: string, read: (text: string) => unknown]> = {
  'config.json': [JSON.stringify(configFrom('mnist', {}, 'simd'), null, 2), (text) => parseConfigText(text, 'f')],
  'results.json': [JSON.stringify(exampleResults(), null, 2), (text) => parseResults(text, 'f')],
  'audit.json': [JSON.stringify(exampleAudit, null, 2), (text) => parseAudit(text, 'f')],
  'metrics.jsonl': [lines.map((line) => JSON.stringify(line)).join('\n'), (text) => parseMetrics(text, 'f')],
};

for (const [name, [text, read]] of Object.entries(readers)) {
  test(`${name} may have a byte order mark, CRLF or no final newline`, (t) => {
    const value = read(`${text}\n`);
    for (const [how, spelled] of spellings(`${text}\n`)) t.same(read(spelled), value, how);
    t.end();
  });

  test(`${name} in UTF-16, or cut off, is refused with the file's name`, (t) => {
    const utf16 = new TextDecoder().decode(Buffer.from(`\uFEFF${text}`, 'utf16le'));
    t.throws(() => read(utf16), UserError);
    t.throws(() => read(utf16), /^f.* is not text in UTF-8 .*save it as UTF-8/);
    t.throws(() => read(text.slice(0, -5)), UserError);
    t.throws(() => read(text.slice(0, -5)), /^f/);
    t.end();
  });
}
