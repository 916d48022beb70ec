import { test } from 'tap';
import { parseAudit } from '../../src/audit/findings.js';
import { UserError } from '../../src/errors.js';
import { exampleAudit } from '../helpers/audit-example.js';

const text = JSON.stringify(exampleAudit);
const refused = (changed: unknown) => () => parseAudit(JSON.stringify(changed), 'out/x/audit.json');

test('an audit.json reads back as it was written, fields of later versions included', (t) => {
  t.same(parseAudit(text, 'audit.json'), exampleAudit);
  const later = { ...exampleAudit, more: [1, 2] };
  t.same(parseAudit(JSON.stringify(later), 'audit.json'), later);
  t.end();
});

test('an audit of a network whose gradients have no angle reads back too', (t) => {
  const { angle: _, ...gradients } = exampleAudit.models.bp.gradients;
  const without = { ...exampleAudit, models: { bp: { ...exampleAudit.models.bp, gradients } } };
  t.same(parseAudit(JSON.stringify(without), 'audit.json'), without);
  t.end();
});

test('what is no audit.json is refused, with the file and the field', (t) => {
  t.throws(() => parseAudit('{', 'out/x/audit.json'), UserError);
  t.throws(() => parseAudit('{', 'out/x/audit.json'), /out\/x\/audit\.json is not JSON/);
  t.throws(refused({ ...exampleAudit, schema: 2 }), /out\/x\/audit\.json.*schema/s);
  const [point] = exampleAudit.models.bp.points;
  const bp = { ...exampleAudit.models.bp, points: [{ ...point, worstCase: 1.2 }] };
  t.throws(refused({ ...exampleAudit, models: { bp } }), /models\.bp\.points\[0\]\.worstCase/);
  const checks = [{ ...exampleAudit.models.bp.checks[0], verdict: 'maybe' }];
  t.throws(
    refused({ ...exampleAudit, models: { bp: { ...exampleAudit.models.bp, checks } } }),
    /models\.bp\.checks\[0\]\.verdict/,
  );
  t.end();
});
