import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'tap';
import { UserError } from '../../src/errors.js';
import { writeReport } from '../../src/experiment/report.js';
import { exampleAudit } from '../helpers/audit-example.js';
import { exampleResults } from '../helpers/results-example.js';

test('a folder with results, an audit or both has its report, always of the same bytes', async (t) => {
  const [results, audit] = [JSON.stringify(exampleResults()), JSON.stringify(exampleAudit)];
  for (const [name, text] of [
    ['results.json', results],
    ['audit.json', audit],
  ]) {
    const folder = t.testdir({ [name]: text });
    const read = () => readFile(join(folder, 'report.html'), 'utf8');
    t.equal(await writeReport(folder), 'report.html');
    const first = await read();
    await writeReport(folder);
    t.equal(await read(), first);
    t.notOk(first.includes(folder), 'its own folder is not told');
  }
});

test('a folder with nothing to report, or with a damaged file, is refused by name', async (t) => {
  await t.rejects(writeReport(t.testdir({})), { constructor: UserError, message: /nothing to report/ });
  await t.rejects(writeReport(t.testdir({ 'results.json': '{' })), {
    constructor: UserError,
    message: /results\.json/,
  });
});
