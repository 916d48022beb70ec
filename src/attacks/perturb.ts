import * as check from '../check.js';
import { ShapeError } from '../errors.js';
import type { ClassIndices } from '../tensor/class-indices.js';
import { referenceKernels } from '../tensor/reference.js';
import { checkTensor, contiguous, shapeText, sizeOf, type Tensor, tensor } from '../tensor/tensor.js';
import { type Attack, type AttackOptions, type AttackTarget, attackMemory, type Oracle } from './attack.js';
import { makeExamples } from './make-examples.js';
import { beyondPixels, checkAttack } from './options.js';

/** Each image's own dLoss/dpixels: `[N, …]` → `[N, …]`. */
export type TensorGradient = (images: Tensor<Float32Array>, labels: ClassIndices) => Tensor<Float32Array>;

/** Options of an attack that begins once: it never has to tell which of its starts went best. */
export type SingleStart = AttackOptions & { readonly restarts?: 1 | undefined };

/**
 * Adversarial examples for a batch of images. What is asked about the network follows from what the attack needs:
 *
 * - FGSM, BIM, MI-FGSM, PGD from one start: a gradient, such as `(x, y) => network.inputGradient(x, y, { path, loss })`
 * - APGD, Square, SPSA, PGD with restarts, which look at losses too: an oracle for at least N images, such as
 *   `networkOracle(network, { path, loss }, N)`; it does for the others as well
 * - APGD-T and FAB, which go for one class after another: such an oracle of a loss that has a targeted form (margin,
 *   dlr), for FAB of the margin
 * - the controls (noise, grey): `undefined`
 *
 * @param images `[N, …]` in [0, 1], `[N, C, H, W]` for Square; left as they are
 * @param labels the N true classes
 * @param options.epsilon in [0, 1]. With `clip: false`, FGSM, BIM and MI-FGSM know no pixel range: any finite images do
 *   then, and any finite epsilon of 0 or more.
 * @returns `[N, …]`, every pixel within ε of its image in float32 and in [0, 1], unless `project` or `clip` is false
 * @throws {ShapeError} if there are not as many labels as images, or the images don't fit the attack or the oracle
 * @throws {RangeError} if an option, a pixel or a label is not accepted, or the network answers NaN
 * @throws {TypeError} if an argument is none, or the attack needs an oracle and has none
 */
export function perturb(
  attack: Attack<'nothing' | 'gradient'>,
  images: Tensor<Float32Array>,
  labels: ClassIndices,
  gradient: TensorGradient,
  options: AttackOptions,
): Tensor<Float32Array>;
export function perturb(
  attack: Attack<'nothing' | 'gradient' | 'gradient, or oracle to restart'>,
  images: Tensor<Float32Array>,
  labels: ClassIndices,
  gradient: TensorGradient,
  options: SingleStart,
): Tensor<Float32Array>;
export function perturb(
  attack: Attack<'nothing'>,
  images: Tensor<Float32Array>,
  labels: ClassIndices,
  nothing: undefined,
  options: AttackOptions,
): Tensor<Float32Array>;
export function perturb(
  attack: Attack,
  images: Tensor<Float32Array>,
  labels: ClassIndices,
  oracle: Oracle,
  options: AttackOptions,
): Tensor<Float32Array>;
export function perturb(
  attack: Attack,
  images: Tensor<Float32Array>,
  labels: ClassIndices,
  asked: TensorGradient | Oracle | undefined,
  options: AttackOptions,
): Tensor<Float32Array> {
  checkAttack('perturb', attack, options);
  checkVictims(attack, images, labels, options);
  checkAsked(attack, images, labels, asked, options);
  const [n, ...shape] = images.shape;
  if (sizeOf(images.shape) === 0) return tensor(new Float32Array(0), images.shape);
  const data = contiguous(images);
  const size = sizeOf(shape);
  const adversarial = new Float32Array(data.length);
  const target = { images: data, labels, n, shape, ...questions(asked, shape) };
  makeExamples(attack, target, options, attackMemory(referenceKernels(), n, size), adversarial);
  return tensor(adversarial, images.shape);
}

function checkVictims(
  attack: Attack,
  images: Tensor<Float32Array>,
  labels: ClassIndices,
  options: AttackOptions,
): void {
  checkTensor('perturb', 'images', images);
  if (images.shape.length < 2) {
    throw new ShapeError(`perturb: images have shape ${shapeText(images.shape)}; [N, …] is expected`);
  }
  check.float32s('perturb', 'images.data', images.data);
  check.labels('perturb', 'labels', labels, images.shape[0]);
  check.pixels('perturb', 'images.data', contiguous(images), beyondPixels(attack, options));
}

function checkAsked(
  { label, needs }: Attack,
  images: Tensor<Float32Array>,
  labels: ClassIndices,
  asked: TensorGradient | Oracle | undefined,
  { restarts = 1 }: AttackOptions,
): void {
  if (needs === 'nothing' && asked === undefined) return;
  const restarted = needs === 'gradient, or oracle to restart' && restarts > 1;
  const oracle = 'an oracle, such as networkOracle(network, { path, loss }, N),';
  if (typeof asked === 'function') {
    const enough = needs === 'nothing' || needs === 'gradient' || needs === 'gradient, or oracle to restart';
    if (enough && !restarted) return;
    const name = restarted ? `${label} with restarts` : label;
    throw new TypeError(
      `perturb: gradient is a function; ${name} needs the network's losses and predictions: give ${oracle} in its place`,
    );
  }
  const fields = { gradient: 'function', query: 'function', predictions: 'function', losses: 'object' } as const;
  check.object('perturb', 'gradient', asked, `a function of images and labels, or ${oracle}`, fields);
  const { losses, inputShape, classes, toward, logits } = asked as Oracle;
  if ((needs === 'targets' || needs === 'differences') && !(toward && logits && classes)) {
    throw new TypeError(
      `perturb: ${label} needs gradients towards a class: give an oracle of a loss that has a targeted form, such as losses.margin`,
    );
  }
  const [n, ...shape] = images.shape;
  if (losses.length < n) {
    throw new ShapeError(`perturb: gradient is an oracle for ${losses.length} images; there are ${n}`);
  }
  if (inputShape && shapeText(inputShape) !== shapeText(shape)) {
    throw new ShapeError(
      `perturb: images have shape ${shapeText(images.shape)}, the oracle's network expects [N, ${inputShape.join(', ')}]`,
    );
  }
  check.labels('perturb', 'labels', labels, n, classes);
}

/** What the attack may ask; answers that are no numbers end it, since they would leave images as they are. */
function questions(
  asked: TensorGradient | Oracle | undefined,
  shape: readonly number[],
): Pick<AttackTarget, 'gradient' | 'oracle'> {
  if (asked === undefined) return { gradient: unasked };
  const size = sizeOf(shape);
  if (typeof asked === 'function') {
    return {
      gradient(x, y, n) {
        const answer = asked(tensor(x.subarray(0, n * size), [n, ...shape]), y.subarray(0, n));
        checkTensor('perturb', 'what gradient returned', answer);
        if (shapeText(answer.shape) !== shapeText([n, ...shape])) {
          throw new ShapeError(
            `perturb: what gradient returned has shape ${shapeText(answer.shape)}, the images have ${shapeText([n, ...shape])}`,
          );
        }
        return finite('gradient', contiguous(answer), n * size);
      },
    };
  }
  const oracle: Oracle = {
    gradient: (x, y, n) => finite('gradient', asked.gradient(x, y, n), n * size),
    query(x, y, n) {
      asked.query(x, y, n);
      finite('losses', asked.losses, n);
    },
    get losses() {
      return asked.losses;
    },
    predictions: (n) => asked.predictions(n),
    logits: asked.logits,
    classes: asked.classes,
    toward:
      asked.toward &&
      ((x, y, targets, n) => finite('gradient', asked.toward?.(x, y, targets, n) as Float32Array, n * size)),
  };
  return { gradient: oracle.gradient, oracle };
}

/** What an attack gets that asks for nothing. */
const unasked = (): never => {
  throw new Error('an attack that needs nothing asked for a gradient');
};

/** @throws {RangeError} if one of the first numbers is not finite */
function finite<Values extends ArrayLike<number>>(name: string, values: Values, length: number): Values {
  for (let i = 0; i < length; i++) {
    if (Number.isFinite(values[i])) continue;
    const hint = 'are all weights finite?';
    throw new RangeError(check.refusal('perturb', `${name}[${i}] of the network`, values[i], 'a finite number', hint));
  }
  return values;
}
