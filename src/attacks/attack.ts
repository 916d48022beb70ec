import type { Loss } from '../losses/loss.js';
import type { ClassIndices } from '../tensor/class-indices.js';
import { allOrNone, type Kernels } from '../tensor/kernels.js';
import { type RandomStream, stream } from '../tensor/random.js';
import { checkHeld } from '../tensor/released.js';

/**
 * The gradient of each image's own loss with respect to its pixels: all a sign-gradient attack knows of a network.
 *
 * @param images `[n, …]` in [0, 1]
 * @param labels the true classes
 * @returns `[n, …]`; the array may be overwritten by the next call
 */
export type GradientFunction = (images: Float32Array, labels: ClassIndices, n: number) => Float32Array;

/** The same, towards a class for each image. */
export type TargetedGradient = (
  images: Float32Array,
  labels: ClassIndices,
  targets: ClassIndices,
  n: number,
) => Float32Array;

/** What a network answers about images beside the gradient. Attacks that look further than their next step need it. */
export interface Oracle {
  readonly gradient: GradientFunction;
  /** Shows images to the network without asking for a gradient. */
  query(images: Float32Array, labels: ClassIndices, n: number): void;
  /** Each image's loss, for the images shown last, be it by `gradient` or `query`. */
  readonly losses: Float64Array;
  /** The predicted class of each of the n images shown last; the array is overwritten by the next call. */
  predictions(n: number): ClassIndices;
  /** The logits of the images shown last, `[n, classes]`; overwritten by the next call. Targeted attacks ask for them. */
  readonly logits?: ArrayLike<number> | undefined;
  /**
   * As `gradient`, of the targeted form of the loss: it grows as image i is taken for `targets[i]` rather than for its
   * label, and `losses` are its values. Undefined where the loss has no such form.
   */
  readonly toward?: TargetedGradient | undefined;
  /** `[C, H, W]`, and how many classes there are: known of a network, and then asked of what is attacked. */
  readonly inputShape?: readonly number[] | undefined;
  readonly classes?: number | undefined;
}

/** What is attacked: images, their true labels, and the gradient of the loss that is to grow. */
export interface AttackTarget {
  /** Clean images, `[n, …]` in [0, 1]; left as they are. */
  readonly images: Float32Array;
  readonly labels: ClassIndices;
  readonly n: number;
  readonly gradient: GradientFunction;
  /** The gradient at the clean images, if it is known already: the first step then needs no new one. */
  readonly cleanGradient?: Float32Array | undefined;
  /** The whole network, for attacks that need more than its gradient; `gradient` is then this one's. */
  readonly oracle?: Oracle | undefined;
  /** `[C, H, W]`, for attacks that know of rows and columns. */
  readonly shape?: readonly number[] | undefined;
  /**
   * The random numbers for image i of the batch. They should depend on which image that is, and not on its place in
   * the batch: then no result does. By default: a stream of its own for each place.
   */
  readonly random?: ((i: number) => RandomStream) | undefined;
}

/** The knobs of an attack; each attack has its own defaults for all but epsilon, and leaves alone what it doesn't use. */
export interface AttackOptions {
  /** L∞ radius, in [0, 1] pixel units. */
  readonly epsilon: number;
  readonly iterations?: number | undefined;
  /** Step size α in pixel units; the sign-gradient attacks' default is epsilon / iterations. */
  readonly stepSize?: number | undefined;
  /** Decay factor μ of MI-FGSM's accumulated gradient. */
  readonly momentum?: number | undefined;
  /** Whether each step ends inside the epsilon-ball around the clean image (default true). */
  readonly project?: boolean | undefined;
  /** Whether each step ends inside [0, 1] (default true). */
  readonly clip?: boolean | undefined;
  /** Runs from different random starts, for PGD and APGD. */
  readonly restarts?: number | undefined;
  /** The most often that Square may show one image to the network. */
  readonly queries?: number | undefined;
  /** How many images SPSA shows to the network to estimate one gradient. */
  readonly samples?: number | undefined;
  /** How many other classes a targeted attack goes for, the likeliest first. */
  readonly targets?: number | undefined;
}

/** Memory for one attack on up to `capacity` images, made once per thread. */
export interface AttackMemory {
  readonly kernels: Kernels<Float32Array>;
  readonly capacity: number;
  /** Numbers per image. */
  readonly size: number;
  readonly x: Float32Array;
  readonly clean: Float32Array;
  readonly direction: Float32Array;
  readonly labels: ClassIndices;
  /** Where each image of the working set stands in the caller's batch. */
  readonly index: Int32Array;
  /** After a run: how often each image of the caller's batch was shown to the network, with a gradient or without. */
  readonly queries: Int32Array;
  /** One more array of `capacity` images: the same one whenever the same name is asked for. */
  extra(name: string): Float32Array;
  /** Gives its arrays back to the kernels: it hands none out after that. A second time does nothing. */
  release(): void;
}

export function attackMemory(kernels: Kernels<Float32Array>, capacity: number, size: number): AttackMemory {
  const length = capacity * size;
  const first = allOrNone(kernels, ({ alloc }) => ({
    x: alloc(length),
    clean: alloc(length),
    direction: alloc(length),
  }));
  const arrays: Float32Array[] = Object.values(first);
  const held = (array: Float32Array): Float32Array => {
    checkHeld('attack', "the attack's memory", array);
    return array;
  };
  const array = () => {
    const made = kernels.alloc(length);
    arrays.push(made);
    return made;
  };
  const extras = new Map<string, Float32Array>();
  return {
    kernels,
    capacity,
    size,
    get x() {
      return held(first.x);
    },
    get clean() {
      return held(first.clean);
    },
    get direction() {
      return held(first.direction);
    },
    labels: new Uint16Array(capacity),
    index: new Int32Array(capacity),
    queries: new Int32Array(capacity),
    extra(name) {
      held(first.x);
      const made = extras.get(name) ?? array();
      extras.set(name, made);
      return made;
    },
    release() {
      for (const made of arrays.splice(0)) kernels.free(made);
    },
  };
}

/**
 * What an attack asks of a network:
 * - `nothing`: controls
 * - `gradient`: BIM
 * - `gradient, or oracle to restart`: PGD, which tells by losses and predictions which of its starts went best
 * - `oracle`: gradients, losses and predictions: APGD
 * - `targets`: an oracle that tells logits, and gradients towards a class, of whatever loss: APGD-T
 * - `differences`: the same of the margin and no other, whose losses are differences of logits: FAB
 * - `queries`: an oracle's losses and predictions alone, and never a gradient: Square
 */
export type Needs =
  | 'nothing'
  | 'gradient'
  | 'gradient, or oracle to restart'
  | 'oracle'
  | 'targets'
  | 'differences'
  | 'queries';

/** How often an image is shown to the network: to ask for a gradient, or for its answer alone. */
export interface Shows {
  readonly gradients: number;
  readonly forwards: number;
}

/** An attack: writes adversarial images for a target. */
export interface Attack<N extends Needs = Needs> {
  readonly title: string;
  /** The name in figures and tables, such as `MI-FGSM`. */
  readonly label: string;
  readonly needs: N;
  /** Whether it goes beyond [0, 1] where `clip` is false, and so may begin beyond; the others never do. */
  readonly unbounded?: boolean;
  /** Gradient steps taken unless `iterations` says otherwise; undefined where it is always one. */
  readonly defaultIterations?: number;
  /**
   * Returns the loss that the attack maximises if a setting names `loss`; null if the attack maximises no loss. An attack
   * without this function maximises the setting's loss.
   *
   * @param classes how many classes the attacked network has
   */
  maximises?(loss: Loss, classes: number): Loss | null;
  /**
   * How often it shows one image to a network of so many classes, at most: less often where the image is fooled and
   * leaves, or has no gradient.
   */
  most(options: Omit<AttackOptions, 'epsilon'>, classes: number): Shows;
  /** @param adversarial written: `[n, …]` */
  run(target: AttackTarget, options: AttackOptions, memory: AttackMemory, adversarial: Float32Array): void;
}

/** Whether an attack follows a gradient, and stays where it is without one. */
export const followsGradient = ({ needs }: Pick<Attack, 'needs'>): boolean =>
  needs !== 'nothing' && needs !== 'queries';

/**
 * The target's oracle.
 *
 * @throws {Error} if the target has none
 */
export function oracleOf({ oracle }: AttackTarget, { label }: Pick<Attack, 'label'>): Oracle {
  if (!oracle) throw new Error(`${label} needs the network's losses and predictions: give the target an oracle`);
  return oracle;
}

/** The random numbers of an attack for image i of the batch. */
export function randomOf(target: AttackTarget, i: number, { label }: Pick<Attack, 'label'>): RandomStream {
  return (target.random?.(i) ?? stream(0).split(i)).split(label);
}
