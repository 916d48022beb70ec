import { type Attack, oracleOf, randomOf } from './attack.js';
import { alongGradient, ascend } from './linf.js';
import { uniformStart } from './random-start.js';

const ITERATIONS = 40;
/** Steps of 2.5·ε/iterations can reach the ball's edge from anywhere in it, and go along it. */
const REACH = 2.5;

/**
 * Projected gradient descent (Madry et al. 2018): BIM from a random point of the ε-ball. The defaults are the paper's
 * 40 iterations for MNIST, with steps of 2.5·ε/iterations as in its analysis of CIFAR-10.
 *
 * With `restarts`, images that are not fooled yet are attacked again from another point; of the examples of an image
 * that is never fooled, the one of the highest loss stays. This needs an oracle.
 */
export const pgd: Attack<'gradient, or oracle to restart'> = {
  title: 'projected gradient descent, from random starts',
  label: 'PGD',
  needs: 'gradient, or oracle to restart',
  defaultIterations: ITERATIONS,
  most: ({ iterations = ITERATIONS, restarts = 1 }) => ({
    gradients: restarts * iterations,
    forwards: restarts === 1 ? 0 : restarts,
  }),
  run(target, options, memory, adversarial) {
    const { epsilon, iterations = ITERATIONS, stepSize = (REACH * epsilon) / iterations, restarts = 1 } = options;
    const climb = (restart: number, out: Float32Array, wanted?: (i: number) => boolean) =>
      ascend(target, { ...options, iterations, stepSize }, alongGradient, memory, out, {
        wanted,
        move: (x, i) => uniformStart(x, epsilon, randomOf(target, i, pgd).split(restart)),
      });
    if (restarts === 1) {
      climb(0, adversarial);
      return;
    }

    const oracle = oracleOf(target, pgd);
    const { size, queries } = memory;
    const { n, labels } = target;
    const candidate = memory.extra('candidate');
    const fooled = new Uint8Array(n);
    const bestLoss = new Float64Array(n).fill(Number.NEGATIVE_INFINITY);
    const asked = new Int32Array(n);
    adversarial.set(target.images.subarray(0, n * size)); // what an image keeps whose losses are no numbers
    for (let restart = 0; restart < restarts; restart++) {
      candidate.set(adversarial.subarray(0, n * size));
      climb(restart, candidate, (i) => !fooled[i]);
      oracle.query(candidate, labels, n);
      const predictions = oracle.predictions(n);
      for (let i = 0; i < n; i++) {
        if (fooled[i]) continue;
        asked[i] += queries[i] + 1;
        fooled[i] = predictions[i] === labels[i] ? 0 : 1;
        if (!fooled[i] && !(oracle.losses[i] > bestLoss[i])) continue;
        bestLoss[i] = oracle.losses[i];
        adversarial.set(candidate.subarray(i * size, (i + 1) * size), i * size);
      }
    }
    queries.set(asked);
  },
};
