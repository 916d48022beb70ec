import { test } from 'tap';
import { epsilonIs } from '../../src/audit/checks/check.js';
import { runChecks } from '../../src/audit/checks/index.js';
import { conclude } from '../../src/audit/conclude.js';
import { judge, ownPathSentence } from '../../src/audit/verdict.js';
import { worstCase } from '../../src/audit/worst-case.js';
import { type MadeUp, madeUp, saturated } from './made-up.js';

const verdictOn = (options: MadeUp) => {
  const evidence = madeUp(options);
  return judge(evidence, worstCase(evidence), runChecks(evidence));
};

test('a network that was hardly right to begin with is undertrained, whatever the attacks say', (t) => {
  t.equal(verdictOn({ clean: 0.24 }).text, 'undertrained');
  t.not(verdictOn({ clean: 0.26 }).text, 'undertrained');
  t.end();
});

test('where the paper’s attacks and the worst case agree, there is nothing hidden', (t) => {
  t.equal(verdictOn({}).text, "not robust, and the paper's attacks show it");
  t.equal(
    verdictOn({ but: (_, epsilon) => (epsilon <= 0.3 ? 0.8 : 0) }).text,
    'robust as far as these attacks can tell',
  );
  t.end();
});

test('a rule’s own path that is as good an attack as the true one is told, up to 2 points, at every ε below 0.5', (t) => {
  const own =
    (left: number, at = 0.1): MadeUp['but'] =>
    ({ id }, epsilon) =>
      id === 'bim/feedback/margin' && epsilon === at ? left : undefined;
  const told = (options: MadeUp) => ownPathSentence(madeUp(options));
  t.match(
    told({}),
    /as good an attack as the true one: .* leaves 60\.0.% right at ε = 0\.1, along the true weights 60/,
  );
  t.match(told({ but: own(0.62) }), /leaves 62\.0.% right at ε = 0\.1/);
  t.equal(told({ but: own(0.63) }), undefined);
  t.equal(told({ but: own(0.05, 0.3) }), undefined);
  t.ok(told({ but: own(0.9, 0.5) }), 'beyond, it says nothing');
  t.ok(told({ but: own(0.2) }), 'better than the true one is as good');
  t.equal(told({ ownPath: 'true' }), undefined, 'backpropagation has but one path');
  t.equal(told({ clean: 0.2 }), undefined, 'nor is there anything to attack in one that has not learned');
  t.match(conclude(madeUp({})).conclusion.because, /worst case 0\.0.%\. .*Its own path is as good/);
  t.end();
});

test('a network that is right on fewer than half of the images is judged by what it had: FA on CIFAR-10', (t) => {
  const cifar: MadeUp['but'] = ({ id, kind }) => {
    if (kind.endsWith('paper')) return 0.46;
    return id === 'bim/feedback/margin' ? 0.45 : 0.02;
  };
  t.equal(verdictOn({ clean: 0.476, but: cifar }).text, 'gradients misaligned');
  const falls: MadeUp['but'] = ({ kind }) => (kind.endsWith('paper') ? 0.2 : 0.02);
  t.equal(verdictOn({ clean: 0.476, but: falls }).text, "not robust, and the paper's attacks show it");
  t.end();
});

test('robust is what keeps half of its accuracy in the worst case, not what the paper’s attacks leave', (t) => {
  const but: MadeUp['but'] = ({ kind }, epsilon) => (epsilon > 0.3 ? 0 : kind === 'paper' ? 0.6 : 0.4);
  t.equal(verdictOn({ but }).text, "not robust, and the paper's attacks show it");
  t.end();
});

test('saturation and misalignment are told apart by BIM with one thing changed at a time', (t) => {
  const bim =
    (left: Readonly<Record<string, number>>): MadeUp['but'] =>
    ({ id, kind }) =>
      kind.endsWith('paper') ? 0.95 : left[id];
  const only = (left: Readonly<Record<string, number>>) => verdictOn({ but: bim(left) }).text;
  t.equal(only({ 'bim/true/cross-entropy': 0.95 }), 'gradients masked by saturation');
  t.equal(only({ 'bim/feedback/margin': 0.9 }), 'gradients misaligned');
  t.equal(
    only({ 'bim/true/cross-entropy': 0.95, 'bim/feedback/margin': 0.9 }),
    'gradients masked by saturation, and misaligned',
  );
  t.equal(only({}), "the paper's attacks are too weak");
  t.end();
});

test('the saturated FA network of the issue: masked, and misaligned behind the mask; the numbers are given', (t) => {
  const angle = { images: 100, mean: 84, deviation: 3, percentile5: 79, median: 83.6, percentile95: 90 };
  const { gradients } = madeUp();
  const counts = gradients.counts.map((count) => ({ ...count, zero: count.loss === 'cross-entropy' ? 96 : 0 }));
  const { text, because } = verdictOn({ but: saturated, gradients: { angle, counts } });
  t.equal(text, 'gradients masked by saturation, and misaligned');
  t.match(because, /At ε = 0\.3 the paper's attacks leave 97\.0\s% right, the worst case 0\.0\s%/);
  t.match(because, /96\.0\s% of the images have a cross-entropy gradient of exactly zero/);
  t.match(because, /84° from the true gradient in the median, 79° to 90°/);
  t.end();
});

test('a softmax that isn’t saturated is not called so, however much better the margin is: fc3 × 10⁻²⁰', (t) => {
  const but: MadeUp['but'] = ({ id, kind }) =>
    kind.endsWith('paper') || id === 'bim/true/cross-entropy' ? 0.95 : undefined;
  const logits = { nearOne: 0, uniform: 100, spread: 1.7e-19 };
  const tiny = verdictOn({ but, logits });
  t.equal(tiny.text, "the paper's attacks are too weak");
  t.match(tiny.because, /but not by saturation: .* leaves 95\.0.% right, on the margin .* on 0 of 100 images/);
  t.match(
    tiny.because,
    /On 100 of 100 images all shares of the softmax are equal in float32.* 1\.70e-19 in the median/,
  );
  t.notMatch(tiny.because, /Saturation hides it|Neither the loss/);

  const both: MadeUp['but'] = (attack, epsilon) => (attack.id === 'bim/feedback/margin' ? 0.9 : but(attack, epsilon));
  t.equal(verdictOn({ but: both, logits }).text, 'gradients misaligned');
  t.equal(verdictOn({ but, logits: { nearOne: 48 } }).text, "the paper's attacks are too weak");
  t.equal(verdictOn({ but, logits: { nearOne: 49 } }).text, 'gradients masked by saturation', 'half of the 98 right');
  t.end();
});

test('zero gradients of a softmax that isn’t saturated are called underflow where a larger loss has a gradient', (t) => {
  const but: MadeUp['but'] = ({ kind, attack }) => (kind.endsWith('paper') || attack === 'bim' ? 0.95 : undefined);
  const gradients = (underflow: number) => ({
    counts: madeUp().gradients.counts.map((count) => ({ ...count, zero: 60, underflow })),
  });
  const lost = verdictOn({ but, gradients: gradients(60), logits: { nearOne: 0 } });
  t.equal(lost.text, 'gradients masked by underflow');
  t.match(lost.because, /Underflow hides it: 60\.0.% of the images have .* of exactly zero though the softmax is not/);
  t.equal(verdictOn({ but, gradients: gradients(9) }).text, "the paper's attacks are too weak");
  t.end();
});

test('backpropagation can be saturated, but never misaligned', (t) => {
  const but: MadeUp['but'] = ({ kind, loss, attack }) =>
    kind.endsWith('paper') || (attack === 'bim' && loss === 'cross-entropy') ? 0.95 : undefined;
  t.equal(verdictOn({ ownPath: 'true', but }).text, 'gradients masked by saturation');
  t.end();
});

test('the gap at an epsilon below 0.5 is explained first: beyond, no network can be robust anyway', (t) => {
  const but: MadeUp['but'] = ({ id, kind }, epsilon) => {
    if (kind.endsWith('paper')) return epsilon <= 0.3 ? 0.6 : 0.97;
    return id === 'bim/feedback/margin' && epsilon === 0.3 ? 0.7 : undefined;
  };
  const { text, because } = verdictOn({ but });
  t.equal(text, 'gradients misaligned');
  t.match(because, /^At ε = 0\.3/);
  t.end();
});

test('an epsilon is told as a person reads it: 4/255 was 0.01568627450980392', (t) => {
  t.equal(epsilonIs(4 / 255), 'ε = 4/255');
  t.equal(epsilonIs(0.3), 'ε = 0.3');
  t.equal(epsilonIs(0.1000001, [0.1, 0.1000001]), 'ε = 0.1000001', 'and not as another of the audit');
  t.end();
});

test('no network is called robust by attacks that fail a check of their own', async (t) => {
  // A constant classifier on images of one class: right whatever is done to them, at ε = 1 too, where check 5 expects none.
  const constant = verdictOn({ clean: 1, but: () => 1 });
  t.equal(constant.text, 'not known: these attacks are not to be trusted on it');
  t.match(constant.because, /the audit's own attacks fail check.* 5/);
  t.match(constant.because, /says nothing/);
});
