/* Checks that hold one attack against another: nothing weaker by its nature may find what a stronger one missed. */
import { paperAttacks } from '../../attacks/index.js';
import { percent } from '../../words.js';
import { accuracyUnder, type Evidence } from '../evidence.js';
import type { Check } from '../findings.js';
import { apgdIds, attackId, type Kind } from '../recipe.js';
import { answerTo, epsilonIs, foundOnlyBy, meaningOf, numbersOf, WHITE_BOX, worstComparison } from './check.js';
import { notApplicable } from './sanity.js';

/** What a check of the kind "what did these attacks miss that those found?" has to say. */
interface Missed {
  readonly id: number;
  readonly name: string;
  /** Those that may have missed something, and those that may have found it: the paper's, then the audit's. */
  readonly paper: readonly [lot: readonly Kind[], others: readonly Kind[]];
  readonly audit: readonly [lot: readonly Kind[], others: readonly Kind[]];
  readonly passed: string;
  /** The share only the others found stands before it. */
  readonly failed: string;
  readonly absent: string;
}

const missed =
  ({ id, name, paper, audit, passed, failed, absent }: Missed) =>
  (evidence: Evidence): Check => {
    const compare = ([lot, others]: Missed['paper']) =>
      worstComparison(evidence.epsilons, (epsilon) => foundOnlyBy(evidence, epsilon, lot, others));
    const [own, ours] = [compare(paper), compare(audit)];
    if (!own && !ours) return notApplicable(id, name, absent);
    const [verdict, auditVerdict] = [answerTo(evidence, own), answerTo(evidence, ours)];
    const finding =
      verdict === 'fail' && own
        ? `At ${epsilonIs(own.epsilon, evidence.epsilons)}, ${percent(own.excess)} of the images ${failed}`
        : passed;
    return {
      id,
      name,
      verdict,
      auditVerdict,
      numbers: {
        ...numbersOf(own, 'epsilon', 'left', 'leftByBoth'),
        ...numbersOf(ours, 'auditEpsilon', 'auditLeft', 'auditLeftByBoth'),
      },
      meaning: meaningOf(finding, verdict, auditVerdict),
    };
  };

export const twiceTheSteps = missed({
  id: 6,
  name: 'twice the iterations change nothing',
  paper: [['paper'], ['longer paper']],
  audit: [['white-box', 'targeted white-box'], ['longer white-box']],
  passed: 'Twice the steps fool hardly any more images: the attacks had come as far as they can.',
  failed: "are fooled by twice the steps alone: the paper's attacks stop before they are done.",
  absent: 'No attack was run with twice its steps.',
});

export const moreStarts = missed({
  id: 7,
  name: 'restarts change nothing',
  paper: [['paper'], ['restarted paper']],
  audit: [['white-box', 'targeted white-box', 'longer white-box'], ['restarted white-box']],
  passed: 'Random starts fool hardly any more images: the attacks do not get caught where they begin.',
  failed: "are fooled from random starts alone: where the paper's attacks begin, they get caught.",
  absent: 'No attack was run from more starts.',
});

export const beatsTransfer = missed({
  id: 8,
  name: 'white-box at least as strong as transfer, per image',
  paper: [['paper'], ['transfer']],
  audit: [WHITE_BOX, ['transfer']],
  passed: "Examples made on another network fool hardly any image that the network's own gradient could not move.",
  failed:
    "are fooled by examples made on another network, and by no attack along this network's own path: who knows the network should not do worse than who does not.",
  absent: 'The run has no other network to make examples on.',
});

export const beatsQueries = missed({
  id: 9,
  name: 'white-box at least as strong as gradient-free, per image',
  paper: [['paper'], ['query']],
  audit: [WHITE_BOX, ['query']],
  passed: 'Random search, which asks for no gradient, finds hardly anything that the gradient missed.',
  failed:
    "are fooled by random search, which asks for no gradient, and not by the paper's attacks: their gradient misleads them.",
  absent: 'No gradient-free attack was run.',
});

export function beatsNoise(evidence: Evidence): Check {
  const compare = (ids: readonly string[]) =>
    worstComparison(evidence.epsilons, (epsilon) => {
      const accuracies = (lot: readonly string[]) =>
        lot.map((id) => accuracyUnder(evidence, id, epsilon) ?? Number.NaN);
      const [weakest, noise] = [Math.max(...accuracies(ids)), Math.min(...accuracies(['uniform-noise', 'sign-noise']))];
      return Number.isNaN(weakest + noise) ? [undefined, undefined] : [weakest, noise];
    });
  const own = compare(paperAttacks.map((attack) => attackId(attack, evidence.ownPath, 'cross-entropy')));
  const audit = compare(apgdIds(evidence));
  const [verdict, auditVerdict] = [answerTo(evidence, own), answerTo(evidence, audit)];
  const finding =
    verdict === 'fail' && own
      ? `At ${epsilonIs(own.epsilon, evidence.epsilons)} random noise leaves ${percent(own.second)} right, one of the paper's attacks ${percent(own.first)}: it does less harm than no knowledge at all.`
      : 'Random noise does less harm than every attack, as it must.';
  return {
    id: 10,
    name: 'random noise is weaker than every attack',
    verdict,
    auditVerdict,
    numbers: {
      ...numbersOf(own, 'epsilon', 'attack', 'noise'),
      ...numbersOf(audit, 'auditEpsilon', 'auditAttack', 'auditNoise'),
    },
    meaning: meaningOf(finding, verdict, auditVerdict),
  };
}

export function truePathBeatsFeedback(evidence: Evidence): Check {
  const [id, name] = [11, 'true path at least as strong as feedback path'];
  if (evidence.ownPath === 'true') {
    return notApplicable(id, name, 'This network learned along its true weights: there is no other path.');
  }
  const compare = (loss: 'cross-entropy' | 'margin') =>
    worstComparison(evidence.epsilons, (epsilon) => [
      accuracyUnder(evidence, attackId('bim', 'true', loss), epsilon),
      accuracyUnder(evidence, attackId('bim', 'feedback', loss), epsilon),
    ]);
  const [own, audit] = [compare('cross-entropy'), compare('margin')];
  const [verdict, auditVerdict] = [answerTo(evidence, own), answerTo(evidence, audit)];
  const finding =
    verdict === 'fail' && own
      ? `On cross-entropy, BIM along the true weights leaves ${percent(own.first)} right at ${epsilonIs(own.epsilon, evidence.epsilons)}, along the feedback weights ${percent(own.second)}: the loss's exact gradient can't be the worse guide unless the loss itself has gone flat.`
      : "The exact gradient does at least as much harm as the feedback weights', as it must.";
  return {
    id,
    name,
    verdict,
    auditVerdict,
    numbers: {
      ...numbersOf(own, 'epsilon', 'true', 'feedback'),
      ...numbersOf(audit, 'auditEpsilon', 'auditTrue', 'auditFeedback'),
    },
    meaning: meaningOf(finding, verdict, auditVerdict),
  };
}
