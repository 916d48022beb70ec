import { ShapeError } from '../errors.js';
import { referenceKernels } from '../tensor/reference.js';
import { contiguous, type Tensor, tensor } from '../tensor/tensor.js';
import { type Attack, type AttackOptions, type AttackTarget, attackMemory, type Oracle } from './attack.js';

/**
 * Adversarial examples for a batch of images.
 *
 * @param images `[N, …]` in [0, 1]; left as they are
 * @param labels the N true classes
 * @param gradient each image's own dLoss/dpixels, such as `(x, y) => network.inputGradient(x, y, { path, loss })`; or
 *   an oracle for at least N images, such as `networkOracle(network, { path, loss }, N)`, which the attacks need that
 *   look at losses too (APGD, Square, SPSA, PGD with restarts)
 * @returns `[N, …]`
 * @throws {ShapeError} if there are not as many labels as images.
 */
export function perturb(
  attack: Attack,
  images: Tensor<Float32Array>,
  labels: Uint8Array,
  gradient: ((images: Tensor<Float32Array>, labels: Uint8Array) => Tensor<Float32Array>) | Oracle,
  options: AttackOptions,
): Tensor<Float32Array> {
  const [n, ...shape] = images.shape;
  if (labels.length !== n) throw new ShapeError(`perturb: ${n} images, ${labels.length} labels`);
  const data = contiguous(images);
  const size = data.length / Math.max(n, 1);
  const adversarial = new Float32Array(data.length);
  const common = { images: data, labels, n, shape };
  const target: AttackTarget =
    typeof gradient === 'function'
      ? {
          ...common,
          gradient: (x, y, count) =>
            contiguous(gradient(tensor(x.subarray(0, count * size), [count, ...shape]), y.subarray(0, count))),
        }
      : { ...common, gradient: gradient.gradient, oracle: gradient };
  attack.run(target, options, attackMemory(referenceKernels(), n, size), adversarial);
  return tensor(adversarial, images.shape);
}
