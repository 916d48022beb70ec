import { test } from 'tap';
import { runChecks } from '../../../src/audit/checks/index.js';
import { answerText, auditText } from '../../../src/report/audit/text.js';
import { madeUp } from '../../audit/made-up.js';
import { exampleAudit } from '../../helpers/audit-example.js';

const text = auditText(exampleAudit, 100);
const lineWith = (...words: readonly string[]) =>
  text.split('\n').find((line) => words.every((word) => line.includes(word))) ?? '';
const cells = (line: string) =>
  line
    .split('│')
    .map((cell) => cell.trim())
    .slice(1, -1);

test('the text gives, for each network and epsilon, the paper’s reading, the worst case and what broke most', (t) => {
  t.same(cells(lineWith('BP', '99.1')), ['BP', '0', '99.1', '99.1', '–']);
  t.same(cells(lineWith('63.0')), ['', '0.1', '63.0', '45.0', 'bim/true/cross-entropy']);
  t.same(
    cells(lineWith('97.4')),
    ['', '0.3', '97.4', '0.0', 'apgd/true/margin'],
    'what was wrong anyway is no attack’s',
  );
  t.end();
});

test('checks stand side by side for the networks, the failed ones with what they mean', (t) => {
  t.same(cells(lineWith('check number 11')), ['11', 'check number 11', '–', '–', 'FAIL', 'pass']);
  t.match(text, 'FA, check 11: What check 11 found, fail.');
  t.notMatch(text, 'What check 1 found');
  t.end();
});

test('the verdicts come last, and no line is wider than the terminal', (t) => {
  t.match(text, /FA: gradients masked by saturation\. The softmax has gone flat\.$/);
  const long = 'word '.repeat(60).trim();
  const { bp } = exampleAudit.models;
  const wordy = auditText({ ...exampleAudit, models: { bp: { ...bp, because: long } } }, 80);
  t.ok(wordy.split('\n').every((line) => line.length <= 80));
  t.end();
});

test('with all checks and the longest names it fits 80 columns as tables, and any width as lines', (t) => {
  const { bp, fa } = exampleAudit.models;
  const checks = runChecks(madeUp());
  const points = fa.points.map((point) => ({
    ...point,
    brokenBy: { 'transfer/bp/mi-fgsm/feedback/cross-entropy': 965 },
  }));
  const audit = { ...exampleAudit, models: { bp: { ...bp, checks }, fa: { ...fa, checks, points } } };
  const widest = (width: number) =>
    Math.max(
      ...auditText(audit, width)
        .split('\n')
        .map((line) => line.length),
    );
  t.ok(auditText(audit, 80).includes('│ 9  │ white-box at least'), 'a table still');
  for (const width of [80, 100, 200]) t.ok(widest(width) <= width, `${width} columns`);
  const longestWord = 'transfer/bp/mi-fgsm/feedback/cross-entropy'.length;
  for (const width of [0, 20, 40]) t.ok(widest(width) <= Math.max(width, longestWord), `${width} columns`);
  t.end();
});

test('shares stand with their 95 % intervals, where the audit has them', (t) => {
  const { bp } = exampleAudit.models;
  const [first] = bp.points;
  const point = { ...first, worstCase: 0.128, worstCaseInterval: [0.1087, 0.1502] };
  const shown = auditText({ ...exampleAudit, models: { bp: { ...bp, points: [point] } } }, 100);
  t.match(shown, '12.8 (10.9–15.0)');
  t.end();
});

test('the answer fits a screen: two rows a network, two sentences a verdict, failed checks by number', (t) => {
  const answer = answerText(exampleAudit, 80);
  const { bp } = exampleAudit.models;
  for (const line of answer.split('\n')) t.ok(line.length <= 80, line);
  t.match(answer, /│ BP +│ the paper's attacks +│ +\d/);
  t.match(answer, /│ +│ the worst case +│ +\d/);
  const because = 'At ε = 0.1 it falls. The reason is this: 0.5 of it. A third sentence.';
  const wordy = answerText({ ...exampleAudit, models: { bp: { ...bp, because } } }, 200);
  t.match(wordy, `BP: ${bp.verdict}. At ε = 0.1 it falls. The reason is this: 0.5 of it.`);
  t.notMatch(wordy, /third/);
  const judged = (verdicts: readonly ('pass' | 'fail' | 'not applicable')[]) => {
    const checks = bp.checks.map((check, i) => ({
      ...check,
      verdict: verdicts[i] ?? 'pass',
      auditVerdict: 'pass' as const,
    }));
    return answerText({ ...exampleAudit, models: { bp: { ...bp, checks } } }, 200);
  };
  const [first] = bp.checks;
  t.match(judged(['fail']), `Checks that the paper's attacks fail: BP ${first.id}. The audit's own pass all.`);
  t.match(judged([]), /pass all checks\.$/);
  t.end();
});
