import { margin } from '../losses/margin.js';
import { apgd, climb } from './apgd.js';
import { type Attack, randomOf } from './attack.js';
import { aimsOf, roundsOf, targetedOracleOf } from './targets.js';

/**
 * Targeted auto-PGD (Croce & Hein 2020): APGD towards one other class after another, the likeliest at the clean image
 * first, for the images that none has fooled yet. The loss is the oracle's, in its targeted form: the paper's is the
 * difference of logits ratio. Where the setting's loss has no targeted form for so many classes, it is the margin.
 */
export const apgdT: Attack<'targets'> = {
  title: 'auto-PGD towards each of the likeliest other classes in turn',
  label: 'APGD-T',
  needs: 'targets',
  defaultIterations: apgd.defaultIterations as number,
  most: (options, classes) => ({
    gradients: roundsOf(classes, options.targets) * apgd.most(options, classes).gradients,
    forwards: 1,
  }),
  maximises: (loss, classes) => (loss.targeted && classes >= loss.targeted.leastClasses ? loss : margin),
  run(target, options, memory, adversarial) {
    const { n } = target;
    const fooled = new Uint8Array(n);
    const bestLoss = new Float64Array(n).fill(Number.NEGATIVE_INFINITY);
    const { rounds } = aimsOf(target, targetedOracleOf(target, apgdT), options.targets);
    memory.queries.fill(1, 0, n);
    adversarial.set(target.images.subarray(0, n * memory.size));
    rounds.forEach((aims, round) => {
      for (let restart = 0; restart < (options.restarts ?? 1); restart++) {
        const random = (i: number) => randomOf(target, i, apgdT).split(round).split(restart);
        climb(target, options, random, memory, { adversarial, fooled, bestLoss }, aims);
      }
    });
  },
};
