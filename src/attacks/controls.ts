import { type Attack, type AttackMemory, type AttackOptions, type AttackTarget, randomOf } from './attack.js';
import { clip, fillSigns, uniformStart } from './random-start.js';

/** A control does not ask the network. */
const unshown = () => ({ gradients: 0, forwards: 0 });
/** So it maximises no loss. */
const noLoss = () => null;

/** Uniform noise in [−ε, ε]: what no attack may fall behind. */
export const uniformNoise: Attack<'nothing'> = {
  title: 'control: uniform noise',
  label: 'Uniform noise',
  needs: 'nothing',
  most: unshown,
  maximises: noLoss,
  run: (target, { epsilon }, memory, adversarial) =>
    eachImage(target, memory, adversarial, (x, i) => uniformStart(x, epsilon, randomOf(target, i, uniformNoise))),
};

/** Noise of +ε or −ε in every pixel: a corner of the ball, as far from the image as any attack can go. */
export const signNoise: Attack<'nothing'> = {
  title: 'control: random-sign noise',
  label: 'Sign noise',
  needs: 'nothing',
  most: unshown,
  maximises: noLoss,
  run(target, { epsilon }, memory, adversarial) {
    const signs = new Int8Array(memory.size);
    eachImage(target, memory, adversarial, (x, i) => {
      fillSigns(signs, randomOf(target, i, signNoise));
      for (let p = 0; p < x.length; p++) x[p] = clip(x[p] + epsilon * signs[p]);
    });
  },
};

/** Every pixel moved towards ½ by up to ε: from ε = 0.5 on, all images are the same grey, and no classifier can tell them apart. */
export const grey: Attack<'nothing'> = {
  title: 'control: towards grey',
  label: 'Grey',
  needs: 'nothing',
  most: unshown,
  maximises: noLoss,
  run: (target, { epsilon }: AttackOptions, memory, adversarial) =>
    eachImage(target, memory, adversarial, (x) => {
      for (let p = 0; p < x.length; p++) x[p] += Math.max(-epsilon, Math.min(epsilon, 0.5 - x[p]));
    }),
};

/** Lets `change` move each image. */
function eachImage(
  { images, n }: AttackTarget,
  { size, queries }: AttackMemory,
  adversarial: Float32Array,
  change: (x: Float32Array, i: number) => void,
): void {
  adversarial.set(images.subarray(0, n * size));
  queries.fill(0, 0, n);
  for (let i = 0; i < n; i++) change(adversarial.subarray(i * size, (i + 1) * size), i);
}
