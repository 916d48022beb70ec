import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'tap';
import { parseAudit } from '../../../src/audit/findings.js';
import { UserError } from '../../../src/errors.js';
import { checkAuditCsv, formatAuditCsv, writeAudit } from '../../../src/report/audit/files.js';
import { exampleAudit, exampleRows } from '../../helpers/audit-example.js';

test('an audit is written as JSON, CSV and figure (c), and nothing else', async (t) => {
  const folder = t.testdir();
  const files = await writeAudit(exampleAudit, exampleRows, { folder, figures: true });
  t.same(files, ['audit.json', 'audit.csv', 'figure-c.svg', 'figure-c.png']);
  t.same(readdirSync(folder).sort(), [...files].sort());
  t.same(parseAudit(readFileSync(join(folder, 'audit.json'), 'utf8'), 'audit.json'), exampleAudit);
  t.match(readFileSync(join(folder, 'figure-c.svg'), 'utf8'), /^<svg/);
  t.same([...readFileSync(join(folder, 'figure-c.png')).subarray(1, 4)], [...Buffer.from('PNG')]);
});

test('audit.csv has a row for each model, epsilon and image, and says what became of it', (t) => {
  t.equal(
    formatAuditCsv(exampleRows),
    [
      'model,epsilon,image,label,cleanPrediction,firstAttack,queries,prediction,outcome',
      'bp,0.1,0,7,7,"apgd/true/margin, 5 starts",12,3,fooled',
      'bp,0.1,1,2,2,,,,survived',
      'fa,0.1,0,7,9,none,0,9,misclassified',
      '',
    ].join('\n'),
  );
  t.end();
});

test('audit.csv says what the classes are called; one without, of an earlier version, is read too', (t) => {
  const classes = ['0', '1', 'a, b', 'three', '4', '5', '6', 'seven', '8', 'nine'];
  const text = formatAuditCsv(exampleRows, classes);
  t.equal(
    text,
    [
      'model,epsilon,image,label,cleanPrediction,firstAttack,queries,prediction,labelName,cleanPredictionName,predictionName,outcome',
      'bp,0.1,0,7,7,"apgd/true/margin, 5 starts",12,3,seven,seven,three,fooled',
      'bp,0.1,1,2,2,,,,"a, b","a, b",,survived',
      'fa,0.1,0,7,9,none,0,9,seven,nine,nine,misclassified',
      '',
    ].join('\n'),
  );
  const models = Object.fromEntries(['bp', 'fa'].map((name) => [name, { ...exampleAudit.models.bp, points: [{ ...exampleAudit.models.bp.points[0], epsilon: 0.1 }] }])); // biome-ignore format: one line
  const rows = { bp: exampleRows.bp.slice(0, 1), fa: exampleRows.fa.slice(0, 1) };
  for (const names of [classes, undefined]) {
    t.doesNotThrow(() => checkAuditCsv(formatAuditCsv(rows, names), { ...exampleAudit, models, testImages: 1 }));
  }
  t.end();
});

test('an audit that would not read back is not written', async (t) => {
  const folder = t.testdir();
  const broken = { ...exampleAudit, models: { bp: { ...exampleAudit.models.bp, cleanAccuracy: Number.NaN } } };
  await t.rejects(writeAudit(broken, exampleRows, { folder, figures: true }), UserError);
  t.same(readdirSync(folder), []);
});

test('an audit of no network removes the figure of an earlier one', async (t) => {
  const folder = t.testdir();
  writeFileSync(join(folder, 'figure-c.svg'), 'old');
  t.same(await writeAudit({ ...exampleAudit, models: {} }, {}, { folder, figures: true }), ['audit.json', 'audit.csv']);
  t.notOk(existsSync(join(folder, 'figure-c.svg')));
});

test('an audit.csv is accepted with outcomes or, of an earlier build, without; not with an outcome that can’t be', async (t) => {
  const { bp } = exampleAudit.models;
  const audit = { ...exampleAudit, testImages: 2, models: { bp: { ...bp, points: bp.points.slice(0, 1) } } };
  const text = formatAuditCsv({ bp: exampleRows.bp });
  const older = text.replaceAll(/,[a-z]+$/gm, '');
  t.match(older, /queries,prediction\n.*\n.*,,,\n$/);
  for (const accepted of [text, older]) t.doesNotThrow(() => checkAuditCsv(accepted, audit));
  for (const refused of [text.replace('survived', 'fooled'), text.replace('survived', 'robust')]) {
    t.throws(() => checkAuditCsv(refused, audit), { constructor: UserError, message: /row 2 can't be/ });
  }
});
