import { test } from 'tap';
import type { Attack } from '../../../src/attacks/attack.js';
import { followsGradient } from '../../../src/attacks/attack.js';
import { attacks } from '../../../src/attacks/index.js';
import { honestySentences } from '../../../src/report/run/honesty.js';
import type { Curve, Results } from '../../../src/report/run/results.js';
import { exampleResults, point } from '../../helpers/results-example.js';

/** A run of FA alone under one attack. */
function faAlone(points: Curve['points'], more: readonly Curve[] = []): Results {
  const curve = { attack: 'bim', source: 'fa', target: 'fa', path: 'feedback', loss: 'cross-entropy', points } as const;
  return { ...exampleResults({ networks: ['fa'] }), curves: [curve, ...more] };
}

test('a flat curve over zero gradients is called what it is, once for all attacks', async (t) => {
  const [zeros, grey, ...more] = honestySentences(exampleResults());
  t.equal(
    zeros,
    'FA: 96.1\u00a0% of the test images have a gradient of exactly zero, which gives FGSM, BIM and MI-FGSM no direction ' +
      "to move them in. Where FA's curve or FA → BP is flat, it shows an attack without a gradient, not a network " +
      'without a weakness.',
  );
  t.equal(
    grey,
    'FA still classifies up to 96.5\u00a0% of the images correctly at ε ≥ 0.5 under FGSM, BIM and MI-FGSM. Within 0.5 ' +
      'any image can be moved to solid grey, where no network can do better than chance, so this cannot be robustness: ' +
      'these attacks fall short.',
  );
  t.same(more, [], 'BP, which has gradients and falls, needs no sentence');
});

test('zero gradients are told from over 1 % on, not at 1 %', async (t) => {
  t.same(honestySentences(faAlone([point(0.3, 500, 10)])), []);
  const [sentence] = honestySentences(faAlone([point(0.3, 500, 11)]));
  t.match(sentence, /^FA: 1\.1\u00a0% of the test images .* gives BIM no direction/);
  t.match(sentence, /Where FA's curve is flat/, 'a run of one network has no transfer to speak of');
});

test('accuracy that stays above twice chance at ε ≥ 0.5 is told, below either bound it is not', async (t) => {
  t.same(honestySentences(faAlone([point(0.49, 900), point(0.5, 200), point(1, 150)])), []);
  const [sentence, ...more] = honestySentences(faAlone([point(0.5, 201), point(1, 100)]));
  t.match(sentence, /^FA still classifies up to 20\.1\u00a0% .* under BIM\. .*solid grey.* this attack falls short\.$/);
  t.same(more, []);
});

test('what is above chance follows the test images: few classes, or one that most belong to, leave more to guessing', async (t) => {
  const at = (chance: number, correct: number) =>
    honestySentences({ ...faAlone([point(0.5, correct)]), chance }).length;
  for (const [chance, bound] of [
    [0.01, 20],
    [0.1, 200],
    [0.5, 750],
    [0.9, 950],
    [1, 1000],
  ]) {
    t.equal(at(chance, bound), 0, `${bound} of 1,000 right where ${1000 * chance} are by guessing`);
    if (bound < 1000) t.equal(at(chance, bound + 1), 1, `${bound + 1}`);
  }
});

test('only attacks that ask for a gradient are said to lack one', async (t) => {
  const under = (attack: string) => ({ ...faAlone([point(0.3, 500, 961)]).curves[0], attack });
  const of = (...attacks: string[]) => honestySentences({ ...faAlone([]), curves: attacks.map(under) });
  for (const [attack, { needs, label }] of Object.entries<Attack>(attacks)) {
    if (followsGradient({ needs })) t.match(of(attack)[0], `gives ${label} no direction`);
    else t.same(of(attack), [], label);
  }
  t.match(of('bim', 'square', 'uniform-noise'), [/gives BIM no direction .* Where FA's curve is flat under it, it/]);
  t.match(of('bim'), [/Where FA's curve is flat, it/]);
});

test('transfer above chance at ε ≥ 0.5 is no claim of robustness, and gets no sentence', async (t) => {
  const results = exampleResults({ faZeros: 0 });
  const transfers = results.curves.filter((curve) => curve.source !== curve.target);
  t.same(honestySentences({ ...results, curves: transfers }), []);
});

test('attacks with different shares of zero gradients get a sentence each', async (t) => {
  const other = {
    attack: 'pgd',
    source: 'fa',
    target: 'fa',
    path: 'feedback',
    loss: 'cross-entropy',
    points: [point(0.3, 500, 50)],
  } as const;
  const sentences = honestySentences(faAlone([point(0.3, 500, 961)], [other]));
  t.match(sentences, [/96\.1.* gives BIM no/, /^FA: 5\.0.* gives PGD no/]);
});

test('with both gradient paths, the sentences say which path they are about', async (t) => {
  const along = (path: Curve['path'], zero: number) =>
    ({
      attack: 'bim',
      source: 'fa',
      target: 'fa',
      path,
      loss: 'cross-entropy',
      points: [point(0.5, path === 'true' ? 0 : 900, zero)],
    }) as const;
  const both = (feedback: number, exact: number) =>
    honestySentences({ ...faAlone([]), curves: [along('feedback', feedback), along('true', exact)] });
  t.match(both(961, 961), [/exactly zero \(through the feedback weights and the true weights alike\), which/, /grey/]);
  t.match(both(961, 5), [
    /exactly zero through the feedback weights, which/,
    /under BIM \(feedback path\)\. .*this attack/,
  ]);
  t.equal(both(961, 5).length, 2);
});

test('an attack on the margin is not said to lack the cross-entropy’s gradient', async (t) => {
  const under = (attack: string, loss: string, zeros: number) => ({
    ...faAlone([point(0.3, 0, zeros)]).curves[0],
    ...{ attack, loss },
  });
  const of = (...curves: Curve[]) => honestySentences({ ...faAlone([]), curves });
  const bim = under('bim', 'cross-entropy', 980);
  t.same(of(under('fab', 'margin', 0), under('square', 'margin', 980)), [], 'Square follows no gradient');
  const [sentence, ...more] = of(bim, under('fab', 'margin', 0), under('square', 'margin', 0));
  t.match(sentence, /have a cross-entropy gradient of exactly zero, which gives BIM no direction .* flat under it,/);
  t.same(more, []);
  t.match(of(bim, under('fab', 'margin', 20)), [/cross-entropy.* gives BIM no/, /2\.0.* margin .* gives FAB no/]);
});
