import { test } from 'tap';
import { UserError } from '../../src/errors.js';
import { formatMetrics, parseMetrics } from '../../src/experiment/metrics.js';

const line = {
  ...{ rule: 'fa', epoch: 1, loss: 0.5, trainAccuracy: 0.8, testAccuracy: 0.9, learningRate: 0.01, seconds: 1.5 },
  ...{ gradientAngles: { conv1: 80.5, fc3: null }, weightAngles: { conv1: 85 } },
};

test('each line of metrics.jsonl is an epoch, whatever ends the lines', (t) => {
  const { weightAngles: _, ...bp } = { ...line, rule: 'bp', later: 'kept' };
  const text = [line, bp].map((each) => JSON.stringify(each));
  t.same(parseMetrics(`${text.join('\n')}\n`, 'm'), [line, bp]);
  t.same(parseMetrics(text.join('\r\n\n'), 'm'), [line, bp]);
  t.same(parseMetrics('', 'm'), []);
  t.same(parseMetrics(formatMetrics([line, line]), 'm'), [line, line]);
  t.end();
});

test('a line that is no epoch is refused with file, line and what to do', (t) => {
  const good = JSON.stringify(line);
  const refused = (bad: string, message: RegExp) =>
    t.throws(() => parseMetrics(`${good}\n${bad}\n`, 'run/metrics.jsonl'), { constructor: UserError, message });
  refused(good.slice(0, 40), /^run\/metrics\.jsonl, line 2, is not JSON .* restore it from a copy\.$/);
  refused('7', /^run\/metrics\.jsonl, line 2, is no epoch of a network:/);
  for (const [field, value] of Object.entries({ rule: 1, epoch: 0, loss: 'x', trainAccuracy: 2, seconds: 'x' })) {
    refused(JSON.stringify({ ...line, [field]: value }), new RegExp(`✖ ${field} is `));
  }
  refused(JSON.stringify({ ...line, gradientAngles: { conv1: 200 } }), /✖ gradientAngles\.conv1 is 200: /);
  refused('\n'.repeat(100_000), /has more than 100000 lines\. The file is damaged/);
  t.end();
});
