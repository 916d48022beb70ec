import { test } from 'tap';
import { parseAudit } from '../src/audit/findings.js';
import { configFrom } from '../src/commands/options.js';
import { UserError } from '../src/errors.js';
import { parseConfigText } from '../src/experiment/config.js';
import { parseResults } from '../src/report/run/results.js';
import { parseJson, parseJsonLines } from '../src/schema.js';
import { exampleAudit } from './helpers/audit-example.js';
import { exampleResults } from './helpers/results-example.js';

/** One text as editors on other systems leave it. */
const spellings = (text: string): [string, string][] => [
  ['with a byte order mark', `\uFEFF${text}`],
  ['with CRLF', text.replaceAll('\n', '\r\n')],
  ['without a final newline', text.trimEnd()],
  ['with all three', `\uFEFF${text.trimEnd().replaceAll('\n', '\r\n')}`],
  ['with empty lines at its end', `${text}\n\r\n`],
];

const lines = [
  { rule: 'bp', epoch: 1 },
  { rule: 'bp', epoch: 2 },
];

/** Every text file that the program reads: what it may hold, and its reader. */
const readers: Record<string, readonly [text: string, read: (text: string) => unknown]> = {
  'config.json': [JSON.stringify(configFrom('mnist', {}, 'simd'), null, 2), (text) => parseConfigText(text, 'f')],
  'results.json': [JSON.stringify(exampleResults(), null, 2), (text) => parseResults(text, 'f')],
  'audit.json': [JSON.stringify(exampleAudit, null, 2), (text) => parseAudit(text, 'f')],
  'metrics.jsonl': [lines.map((line) => JSON.stringify(line)).join('\n'), (text) => parseJsonLines(text, 'f', '')],
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

test('a line that is not JSON is named by its number', (t) => {
  t.throws(
    () => parseJsonLines('{}\n\n{\n', 'metrics.jsonl', 'Delete it.'),
    /^metrics\.jsonl, line 3, is not JSON .* Delete it\.$/,
  );
  t.same(parseJsonLines('', 'metrics.jsonl', ''), []);
  t.throws(() => parseJson('', 'config.json', 'Give one.'), /^config\.json is not JSON/);
  t.end();
});
