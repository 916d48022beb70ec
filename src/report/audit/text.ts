/** An audit as text for a terminal (or a file) of a given width, without colour. */
import { type Audit, type Check, failedChecks } from '../../audit/findings.js';
import { FLOAT32 } from '../../audit/warnings.js';
import { FEW_NETWORKS } from '../../metrics/adversarial-accuracy.js';
import { epsilonTexts, numberWithInterval, percentNumber } from '../../words.js';
import { epsilonsOf, fittingEpsilons } from '../epsilon-text.js';
import { displayName } from '../names.js';
import { paragraphs, sentencesOf, textTable, wrap } from '../text.js';

/**
 * An audit's answer, with its files a screen of 24 lines for two networks: accuracies, each network's verdict in two
 * sentences, failed checks by number.
 */
export function answerText(audit: Audit, width = 100): string {
  // Where AutoAttack's row is one more, the verdict stands alone: what its reason tells first is in the table.
  const told = [...verdicts(audit, isMeasured(audit) ? 0 : 1), failuresText(audit), ...flags(audit, FLOAT32)];
  return `${answerTable(audit, width)}\n\n${told.map((text) => wrap(text, width)).join('\n')}`;
}

/** Rows of a network: what the paper's attacks leave, AutoAttack where it was run, and the worst case, by epsilon. */
function answerTable(audit: Audit, width: number): string {
  const networks = Object.entries(audit.models);
  const all = networks[0]?.[1].points.map(({ epsilon }) => epsilon) ?? [];
  const textOf = epsilonTexts(all);
  const build = (epsilons: readonly number[], most?: number) => {
    const rows = networks.flatMap(([name, { cleanAccuracy, points }]) => {
      const row = (title: string, of: (point: (typeof points)[number]) => number | undefined) => {
        const left = points.filter(({ epsilon }) => epsilons.includes(epsilon)).map(of);
        return [`${displayName(name)}: ${title}`, ...[cleanAccuracy, ...left].map(numberOrNone)];
      };
      return [
        row("paper's attacks", ({ paper }) => paper),
        ...(isMeasured(audit) ? [row('AutoAttack', ({ standard }) => standard)] : []),
        row('worst case', ({ worstCase }) => worstCase),
      ];
    });
    return textTable(['Accuracy (%)', 'ε = 0', ...epsilons.map(textOf)], rows, 1, most);
  };
  return build(fittingEpsilons(all, all.length, build, width), width);
}

const numberOrNone = (share: number | undefined): string => (share === undefined ? '–' : percentNumber(share));

/** Whether AutoAttack was run. */
const isMeasured = ({ models }: Audit): boolean =>
  Object.values(models).some(({ points }) => points.some(({ standard }) => standard !== undefined));

/** `Checks failed by the paper's attacks: BP 6, 7; FA 2, 5.`, those of the audit's own apart. */
function failuresText({ models }: Audit): string {
  const failing = (which: 'verdict' | 'auditVerdict') =>
    Object.entries(models)
      .map(([name, model]) => [displayName(name), failedChecks(model, which)] as const)
      .filter(([, failed]) => failed.length > 0)
      .map(([name, failed]) => `${name} ${failed.join(', ')}`)
      .join('; ');
  const [paper, own] = [failing('verdict'), failing('auditVerdict')];
  if (paper === '' && own === '') return "The paper's attacks and the audit's own pass all checks.";
  const told = `Checks failed by the paper's attacks: ${paper || 'none'}; by the audit's own: ${own || 'none'}.`;
  return `${told} What each means: report.html, or --verbose.`;
}

/** The verdicts, the accuracies behind them, and the checks with what the failed ones mean. */
export function auditText(audit: Audit, width = 100): string {
  return paragraphs(
    [
      pointTable(audit, width),
      'In brackets: 95 % intervals.',
      ...inFews(audit).map((few) => checkTable(few, width)),
      ...(inFews(audit).length > 1 ? [] : failures(audit)), // of many networks they stand in audit.json
      ...flags(audit),
      ...verdicts(audit),
    ],
    width,
  );
}

/** Per network and epsilon: what the paper's attacks leave, the worst case, and what broke most images. */
function pointTable(audit: Audit, width: number): string {
  const measured = isMeasured(audit);
  const textOf = epsilonTexts(epsilonsOf(Object.values(audit.models)));
  const rows = Object.entries(audit.models).flatMap(([name, { cleanAccuracy, points, cleanInterval }]) => {
    const own = points.map((point) => {
      const { epsilon, paper, paperInterval, worstCase, worstCaseInterval, brokenBy } = point;
      const [most] = Object.entries(brokenBy).filter(([by]) => by !== 'none');
      return [
        displayName(name),
        textOf(epsilon),
        numberWithInterval(paper, paperInterval),
        ...(measured ? [standardText(point)] : []),
        numberWithInterval(worstCase, worstCaseInterval),
        most ? most[0] : '–',
      ];
    });
    const clean = numberWithInterval(cleanAccuracy, cleanInterval);
    return [[displayName(name), '0', clean, ...(measured ? [clean] : []), clean, '–'], ...own];
  });
  const heads = ["Paper's attacks", ...(measured ? ['AutoAttack'] : []), 'Worst case', 'First to fool most'];
  return textTable(['Accuracy (%)', 'ε', ...heads], rows, 1, width);
}

/** The networks in groups that one table has room for. */
function inFews({ models }: Audit): Pick<Audit, 'models'>[] {
  const networks = Object.entries(models);
  return Array.from({ length: Math.ceil(networks.length / FEW_NETWORKS) }, (_, group) => ({
    models: Object.fromEntries(networks.slice(group * FEW_NETWORKS, (group + 1) * FEW_NETWORKS)),
  }));
}

const standardText = ({ standard, standardInterval }: Audit['models'][string]['points'][number]): string =>
  standard === undefined ? '–' : numberWithInterval(standard, standardInterval);

/** A row a check, two columns a network: the paper's attacks, and the audit's. */
function checkTable({ models }: Pick<Audit, 'models'>, width: number): string {
  const networks = Object.entries(models);
  const listed = networks[0]?.[1].checks ?? [];
  const rows = listed.map(({ id, name }) => [
    `${id}`,
    name,
    ...networks.flatMap(([, { checks }]) => {
      const check = checks.find((each) => each.id === id);
      return check ? [mark(check.verdict), mark(check.auditVerdict)] : ['–', '–'];
    }),
  ]);
  const heads = networks.flatMap(([name]) => [`${displayName(name)}: paper`, 'audit']);
  return textTable(['', "Check of the paper's attacks, and of this audit's", ...heads], rows, 2 + heads.length, width);
}

const marks = { pass: 'pass', fail: 'FAIL', 'not applicable': '–' } as const;
const mark = (verdict: Check['verdict']): string => marks[verdict];

/** What the failed checks mean, a sentence each. */
const failures = ({ models }: Audit): string[] =>
  Object.entries(models).flatMap(([name, { checks }]) =>
    checks
      .filter(({ verdict, auditVerdict }) => verdict === 'fail' || auditVerdict === 'fail')
      .map(({ id, meaning }) => `${displayName(name)}, check ${id}: ${meaning}`),
  );

/** AutoAttack's own flags and those of float32, where one is raised: those alone whose name begins with a word. */
const flags = ({ models }: Audit, begin = ''): string[] =>
  Object.entries(models).flatMap(([name, { warnings = [] }]) =>
    warnings
      .filter((warning) => warning.name.startsWith(begin))
      .map((warning) => `${displayName(name)}, warning (${warning.name}): ${warning.meaning}`),
  );

/** @param sentences how many of the reasons' are told at most */
const verdicts = ({ models }: Audit, sentences = Number.POSITIVE_INFINITY): string[] =>
  Object.entries(models).map(([name, { verdict, because }]) => {
    const reasons = sentencesOf(because).slice(0, sentences);
    return [`${displayName(name)}: ${verdict}.`, ...reasons].join(' ');
  });
