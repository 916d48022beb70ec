import { ShapeError } from '../errors.js';
import { referenceKernels } from '../tensor/reference.js';
import { contiguous, type Tensor, tensor } from '../tensor/tensor.js';
import { type Attack, type AttackOptions, attackMemory } from './attack.js';

/**
 * Adversarial examples for a batch of images.
 *
 * @param images `[N, …]` in [0, 1]; left as they are
 * @param labels the N true classes
 * @param gradient each image's own dLoss/dpixels, such as `(x, y) => network.inputGradient(x, y, { path, loss })`
 * @returns `[N, …]`
 * @throws {ShapeError} if there are not as many labels as images.
 */
export function perturb(
  attack: Attack,
  images: Tensor<Float32Array>,
  labels: Uint8Array,
  gradient: (images: Tensor<Float32Array>, labels: Uint8Array) => Tensor<Float32Array>,
  options: AttackOptions,
): Tensor<Float32Array> {
  const [n, ...shape] = images.shape;
  if (labels.length !== n) throw new ShapeError(`perturb: ${n} images, ${labels.length} labels`);
  const data = contiguous(images);
  const size = data.length / Math.max(n, 1);
  const adversarial = new Float32Array(data.length);
  const target = {
    images: data,
    labels,
    n,
    gradient: (x: Float32Array, y: Uint8Array, count: number) =>
      contiguous(gradient(tensor(x.subarray(0, count * size), [count, ...shape]), y.subarray(0, count))),
  };
  attack.run(target, options, attackMemory(referenceKernels(), n, size), adversarial);
  return tensor(adversarial, images.shape);
}
