import { test } from 'tap';
import { runChecks } from '../../../src/audit/checks/index.js';
import { filesText } from '../../../src/commands/outcome.js';
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

test('that float32 matters is said in the answer; AutoAttack’s flags stand in the long text alone', (t) => {
  const { bp } = exampleAudit.models;
  const warnings = [
    { name: 'float32: rounding', meaning: 'On 32 of 1000 images they are equal.' },
    { name: 'square', meaning: 'Square fools some.' },
  ];
  const audit = { ...exampleAudit, models: { bp: { ...bp, warnings } } };
  t.match(answerText(audit), 'BP, warning (float32: rounding): On 32 of 1000 images they are equal.');
  t.notMatch(answerText(audit), 'Square fools some');
  t.match(auditText(audit), 'BP, warning (float32: rounding): On 32 of 1000 images they are equal.');
  t.match(auditText(audit), 'BP, warning (square): Square fools some.');
  t.notMatch(answerText(exampleAudit), 'warning');
  t.end();
});

/** For two networks, as wordy as verdicts and checks can be. */
function longAnswer(width: number, standard?: number): string {
  const { bp, fa } = exampleAudit.models;
  const [point] = fa.points;
  const points = [0.1, 0.2, 0.3, 0.5, 1].map((epsilon) => ({ ...point, epsilon, standard }));
  const because =
    "At ε = 0.3 the paper's attacks leave 99.5 % right, the worst case 0.0 %. Saturation hides it: 98.5 % of the images.";
  const verdict = 'gradients masked by saturation, and misaligned';
  const checks = fa.checks.map((check) => ({ ...check, verdict: 'fail' as const, auditVerdict: 'fail' as const }));
  return answerText({ ...exampleAudit, models: { bp: { ...bp, points, verdict, because, checks }, fa: { ...fa, points, verdict, because, checks } } }, width); // biome-ignore format: one line
}

test('the answer and its six files fit a screen of 24 lines and 80 columns, AutoAttack’s row included', (t) => {
  const files = filesText('4 min 34 s', 'out/mnist-1', Array(6).fill('gallery.json'));
  for (const standard of [undefined, 0.115]) {
    const lines = `\n${longAnswer(80, standard)}\n\n${files}`.split('\n');
    t.ok(lines.length <= 24, `${lines.length} lines`);
    for (const line of lines) t.ok(line.length <= 80, line);
  }
  t.match(longAnswer(80), /│ Accuracy \(%\) +│ ε = 0 │ +0\.1 │ +0\.2 │ +0\.3 │ +0\.5 │ +1 │/);
  t.match(longAnswer(80, 0.115), /│ FA: AutoAttack +│ +[\d.]+ │ +11\.5 │/);
  t.end();
});

test('where it is narrow, the answer is a table of fewer epsilons still', (t) => {
  const lines = longAnswer(50).split('\n');
  for (const line of lines) t.ok(line.length <= 50, line);
  t.match(lines.join('\n'), /│ Accuracy \(%\) +│ ε = 0 │ +0\.1 │ +1 │/);
  t.match(lines.join('\n'), /│ BP: worst case +│/);
  t.end();
});

test('the answer: two rows a network, two sentences a verdict, failed checks by number', (t) => {
  const answer = answerText(exampleAudit, 80);
  const { bp } = exampleAudit.models;
  t.match(answer, /│ BP: paper's attacks +│ +\d/);
  t.match(answer, /│ BP: worst case +│ +\d/);
  const because = 'At ε = 0.1 it falls: 0.5 of it. A third sentence.';
  const wordy = answerText({ ...exampleAudit, models: { bp: { ...bp, because } } }, 200);
  t.match(wordy, `BP: ${bp.verdict}. At ε = 0.1 it falls: 0.5 of it.`);
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
  t.match(judged(['fail']), `Checks failed by the paper's attacks: BP ${first.id}; by the audit's own: none.`);
  t.match(judged([]), /pass all checks\.$/);
  t.end();
});

test('epsilons that print alike stand apart in both tables', async (t) => {
  const { bp } = exampleAudit.models;
  const points = [0.1, 0.1000001, 0.10000012].map((epsilon) => ({ ...bp.points[0], epsilon }));
  const audit = { ...exampleAudit, models: { bp: { ...bp, points } } };
  for (const said of [answerText(audit, 200), auditText(audit, 200)]) {
    for (const epsilon of ['0.1', '0.1000001', '0.10000012']) t.match(said, ` ${epsilon} │`);
  }
});
