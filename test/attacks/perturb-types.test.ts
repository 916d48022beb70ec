/* Lines that must not compile stand below a `@ts-expect-error`, which fails the build if they do; run, they throw. */
import { test } from 'tap';
import type { Attack, AttackOptions } from '../../src/attacks/attack.js';
import { type AttackName, attacks } from '../../src/attacks/index.js';
import { perturb, type TensorGradient } from '../../src/attacks/perturb.js';
import { margin } from '../../src/losses/margin.js';
import { networkOracle } from '../../src/models/oracle.js';
import { noiseImages } from '../helpers/networks.js';
import { reluModel } from './small-models.js';

const network = reluModel([1, 4, 4], 3);
const question = { path: 'true', loss: margin } as const;
const images = noiseImages(2, [1, 4, 4]);
const labels = Uint8Array.of(0, 1);
const gradient: TensorGradient = (x, y) => network.inputGradient(x, y, question);
const oracle = networkOracle(network, question, 2);
const options = { epsilon: 0.1, iterations: 3, queries: 20, samples: 4 };
const restarted = { ...options, restarts: 2 };

test('attacks that look at losses compile, and run, with an oracle alone', (t) => {
  const needsOracle = { constructor: TypeError, message: /needs the network's losses and predictions: give an oracle/ };
  // @ts-expect-error: APGD looks at losses
  t.throws(() => perturb(attacks.apgd, images, labels, gradient, options), needsOracle);
  // @ts-expect-error: so does Square
  t.throws(() => perturb(attacks.square, images, labels, gradient, options), needsOracle);
  // @ts-expect-error: and SPSA
  t.throws(() => perturb(attacks.spsa, images, labels, gradient, options), needsOracle);
  // @ts-expect-error: and PGD, which has to tell which of its starts went best
  t.throws(() => perturb(attacks.pgd, images, labels, gradient, restarted), needsOracle);
  for (const attack of [attacks.apgd, attacks.square, attacks.spsa, attacks.pgd]) {
    t.same(perturb(attack, images, labels, oracle, restarted).shape, [2, 1, 4, 4]);
  }
  t.end();
});

test('attacks that follow a gradient alone take a function; who knows nothing of an attack gives an oracle', (t) => {
  for (const attack of [attacks.fgsm, attacks.bim, attacks['mi-fgsm']]) {
    perturb(attack, images, labels, gradient, options);
    perturb(attack, images, labels, gradient, restarted);
  }
  perturb(attacks.pgd, images, labels, gradient, { ...options, restarts: 1 });
  const names = Object.keys(attacks) as AttackName[];
  for (const name of names) perturb(attacks[name], images, labels, oracle, restarted);
  const ofAnyKind: Attack = attacks.square;
  // @ts-expect-error: it may be any attack
  t.throws(() => perturb(ofAnyKind, images, labels, gradient, options), TypeError);
  t.end();
});

test('controls need nothing; every attack needs options, and an epsilon among them', (t) => {
  for (const attack of [attacks.grey, attacks['sign-noise'], attacks['uniform-noise']]) {
    perturb(attack, images, labels, undefined, options);
    perturb(attack, images, labels, gradient, options);
  }
  // @ts-expect-error: BIM follows a gradient
  t.throws(() => perturb(attacks.bim, images, labels, undefined, options), TypeError);
  // @ts-expect-error: there is no radius that suits all
  t.throws(() => perturb(attacks.grey, images, labels, undefined, {}), RangeError);
  // @ts-expect-error: epsilon is a number
  const text: AttackOptions = { epsilon: '0.1' };
  t.throws(() => perturb(attacks.grey, images, labels, undefined, text), RangeError);
  t.end();
});
