import { test } from 'tap';
import { runChecks } from '../../../src/audit/checks/index.js';
import type { Answer, Check } from '../../../src/audit/findings.js';
import type { Kind } from '../../../src/audit/recipe.js';
import { type MadeUp, madeUp, saturated } from '../made-up.js';

const check = (id: number, options?: MadeUp): Check => {
  const found = runChecks(madeUp(options)).find((each) => each.id === id);
  if (!found) throw new Error(`there is no check ${id}`);
  return found;
};

test('there are twelve checks, numbered as in the issue; a sound evaluation passes them all', (t) => {
  const checks = runChecks(madeUp());
  t.same(
    checks.map(({ id }) => id),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
  );
  for (const { id, name, verdict, auditVerdict, meaning } of checks) {
    t.equal(verdict, 'pass', `${id} ${name}: ${meaning}`);
    t.equal(auditVerdict, 'pass');
    t.notMatch(meaning, /NaN\s%|undefined/);
  }
  t.end();
});

/** For each check a flaw of the paper's attacks alone, then one of the audit's alone. */
const flaws: readonly (readonly [id: number, flaw: string, but: NonNullable<MadeUp['but']>, of: 'paper' | 'audit'])[] = [
  [3, 'ten steps do less than one', ({ kind, attack }) => (kind === 'paper' && attack !== 'fgsm' ? 0.7 : undefined), 'paper'],
  [3, 'APGD does less than one step', ({ kind, loss }) => (kind === 'white-box' && loss === 'margin' ? 0.7 : undefined), 'audit'],
  [4, 'BIM does less at ε = 0.5 than at 0.3', ({ id }, e) => (id === 'bim/feedback/cross-entropy' && e === 0.5 ? 0.2 : undefined), 'paper'],
  [4, 'Square does less at ε = 1 than at 0.5', ({ id }, e) => (id === 'square' && e === 1 ? 0.2 : undefined), 'audit'],
  [4, 'BIM raises accuracy over that without attack', ({ id }) => (id === 'bim/feedback/cross-entropy' ? 1 : undefined), 'paper'],
  [5, 'the paper leaves images at ε = 1', ({ kind }, e) => (kind === 'paper' && e === 1 ? 0.1 : undefined), 'paper'],
  [5, 'the white box leaves images at ε = 1', ({ kind }, e) => (kind.endsWith('white-box') && e === 1 ? 0.1 : undefined), 'audit'],
  [6, 'twice the steps find more', ({ kind }) => (kind === 'longer paper' ? 0 : undefined), 'paper'],
  [6, 'twice the steps of APGD find more', ({ kind }) => (kind === 'longer white-box' ? 0 : undefined), 'audit'],
  [7, 'restarts find more', ({ kind }) => (kind === 'restarted paper' ? 0 : undefined), 'paper'],
  [7, 'restarts of APGD find more', ({ kind }) => (kind === 'restarted white-box' ? 0 : undefined), 'audit'],
  [8, 'transfer finds more than the paper', ({ kind }) => (kind === 'transfer' || kind.endsWith('white-box') ? 0 : undefined), 'paper'],
  [9, 'Square finds more than the paper', ({ kind }) => (kind === 'query' || kind.endsWith('white-box') ? 0 : undefined), 'paper'],
  [10, 'noise does more than the paper', ({ kind }) => (kind === 'paper' ? 0.98 : undefined), 'paper'],
  [10, 'noise does more than APGD', ({ kind }) => (kind === 'white-box' ? 0.98 : undefined), 'audit'],
  [11, 'the true path does less on cross-entropy', ({ id }) => (id === 'bim/true/cross-entropy' ? 0.7 : undefined), 'paper'],
  [11, 'the true path does less on the margin', ({ id }) => (id === 'bim/true/margin' ? 0.7 : undefined), 'audit'],
  [12, 'the paper leaves more than chance at ε = 0.5', ({ kind }, e) => (kind === 'paper' && e === 0.5 ? 0.3 : undefined), 'paper'],
]; // biome-ignore format: a table

for (const [id, flaw, but, of] of flaws) {
  test(`check ${id} fails for the ${of}'s attacks where ${flaw}`, (t) => {
    const { verdict, auditVerdict, meaning } = check(id, { but });
    const expected: readonly [Answer, Answer] = of === 'paper' ? ['fail', 'pass'] : ['pass', 'fail'];
    t.same([verdict, auditVerdict], expected, meaning);
    t.match(meaning, of === 'paper' ? /do not have this fault/ : /an upper bound/);
    t.end();
  });
}

test('checks 8, 9 and 12 fail for the audit too where even its strongest attacks fall short', (t) => {
  const only = (kind: string) => ({ but: (attack: { kind: string }) => (attack.kind === kind ? 0 : undefined) });
  t.same([check(8, only('transfer')).verdict, check(8, only('transfer')).auditVerdict], ['fail', 'fail']);
  t.same([check(9, only('query')).verdict, check(9, only('query')).auditVerdict], ['fail', 'fail']);
  const nothingWorks = check(12, { but: () => 0.9 });
  t.same([nothingWorks.verdict, nothingWorks.auditVerdict], ['fail', 'fail']);
  t.end();
});

test('check 2 counts gradients that are exactly zero, NaN or infinite, the paper’s and the audit’s apart', (t) => {
  const withCounts = (which: (loss: string, path: string) => { zero?: number; notFinite?: number }): MadeUp => ({
    gradients: {
      counts: madeUp().gradients.counts.map((count) => ({ ...count, ...which(count.loss, count.path) })),
    },
  });
  const flat = check(
    2,
    withCounts((loss) => (loss === 'cross-entropy' ? { zero: 97 } : {})),
  );
  t.same([flat.verdict, flat.auditVerdict], ['fail', 'pass']);
  t.equal(flat.numbers.zero, 0.97);
  t.match(flat.meaning, /97\.0\s% of the gradients .* exactly zero/);
  const broken = check(
    2,
    withCounts((_, path) => (path === 'true' ? { notFinite: 1 } : {})),
  );
  t.same([broken.verdict, broken.auditVerdict], ['pass', 'fail'], 'the feedback path is what the paper follows');
  t.equal(
    check(
      2,
      withCounts(() => ({ zero: 1 })),
    ).verdict,
    'pass',
    'one image in a hundred is let pass',
  );
  t.end();
});

test('check 2 counts NaN that attacks met on their way too, the paper’s and the audit’s apart', (t) => {
  const lost = (kind: Kind) => check(2, { lost: (attack) => (attack.kind === kind ? 3 : 0) });
  const paper = lost('paper');
  t.same([paper.verdict, paper.auditVerdict], ['fail', 'pass']);
  t.match(paper.numbers, { notFinite: 0.03, auditNotFinite: 0 });
  t.match(paper.meaning, /3\.0\s% of the gradients that the paper's attacks follow are NaN or infinite/);
  t.same([lost('white-box').verdict, lost('white-box').auditVerdict], ['pass', 'fail']);
  t.same([lost('transfer').verdict, lost('transfer').auditVerdict], ['pass', 'pass'], 'that is the other network’s');
  t.end();
});

test('a difference of half a percent, or of one image, is none', (t) => {
  const transfers = (accuracy: number): MadeUp => ({
    but: ({ kind }, epsilon) => (kind === 'transfer' && epsilon === 0.1 ? accuracy : undefined),
  });
  t.equal(check(8, transfers(0.59)).verdict, 'pass', 'one image of 100');
  t.equal(check(8, transfers(0.58)).verdict, 'fail', 'two');
  t.end();
});

test('checks that need what was not there do not apply', (t) => {
  t.equal(check(8, { others: [] }).verdict, 'not applicable', 'transfer, from no other network');
  t.equal(check(11, { ownPath: 'true' }).verdict, 'not applicable', 'the feedback path of backpropagation');
  t.equal(check(5, { epsilons: [0.1, 0.5] }).verdict, 'not applicable', 'an unbounded attack, below ε = 1');
  t.equal(check(12, { epsilons: [0.1, 0.3] }).verdict, 'not applicable', 'chance, below ε = 0.5');
  t.end();
});

test('of the saturated FA network the checks say what is wrong with the paper’s attacks, and that the audit is sound', (t) => {
  const checks = runChecks(madeUp({ but: saturated }));
  const failed = checks.filter(({ verdict }) => verdict === 'fail').map(({ id }) => id);
  t.same(failed, [5, 8, 9, 10, 12]);
  t.ok(
    checks.every(({ auditVerdict }) => auditVerdict === 'pass'),
    'the audit’s own attacks pass',
  );
  t.end();
});
