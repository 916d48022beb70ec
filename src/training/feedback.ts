/* The learning of feedback weights (rules/learning.ts), shared out among a crew as the optimizer's step is. */
import { type Crew, memberRange } from '../crew/crew.js';
import { weightedLayers } from '../layers/tree.js';
import { defaultInitializer, fromUniform } from '../models/initialize.js';
import type { Network } from '../models/network.js';
import { type Slot, slotNamed } from '../models/parameters.js';
import { PassMemory } from '../models/pass-memory.js';
import type { FeedbackLearning, FeedbackPart, FeedbackStep, MirroredLayer, WeightPart } from '../rules/learning.js';
import type { Kernels } from '../tensor/kernels.js';
import { type RandomStream, stream } from '../tensor/random.js';
import type { OptimizerState, UpdateSlice } from './optimizer.js';

/** What the members share while feedback weights learn; empty for rules whose feedback stays as it is. */
export interface FeedbackMemory {
  /** The optimizer's, for feedback weights that take its steps. */
  readonly state: OptimizerState;
  /** What the mirrors are shown, `[samples, inputs]` of each layer in turn. */
  readonly noise: Float32Array;
}

/** Outputs of a mirrored layer that one claim covers. */
const ROWS = 32;

/** @param init makes an optimizer's state */
export function feedbackMemory(
  { layers, layout, rule }: Pick<Network<Float32Array>, 'layers' | 'layout' | 'rule'>,
  kernels: Kernels<Float32Array>,
  init: (length: number) => OptimizerState,
): FeedbackMemory {
  const { afterStep, mirror } = rule.learning ?? {};
  const inputs = weightedLayers(layers).reduce((sum, { fanIn }) => sum + fanIn, 0);
  return {
    state: afterStep ? init(layout.feedbackCount) : {},
    noise: kernels.alloc(mirror ? mirror.samples * inputs : 0),
  };
}

/** A member's part in the learning of feedback weights. Its steps allocate nothing. */
export class FeedbackLearner {
  /** Pieces of work in one look into the mirrors; 0 without mirrors. */
  readonly pieces: number;
  /** Looks before training begins. */
  readonly looksBefore: number;
  private readonly learning: FeedbackLearning;
  private readonly weightParts: readonly WeightPart[];
  private readonly ownPart: FeedbackPart;
  private readonly ownNoise: { readonly noise: Float32Array; readonly first: number };
  private readonly blocks: readonly { readonly layer: MirroredLayer; readonly noise: Float32Array }[];
  private readonly memory: PassMemory<Float32Array>;
  private readonly noise: { readonly keys: FeedbackStep['keys']; step: number };
  /** The one under way. */
  private readonly now: { -readonly [Field in keyof FeedbackStep]: FeedbackStep[Field] };

  /** @param take the optimizer's step under way, on any weights */
  constructor(
    network: Network<Float32Array>,
    seed: number,
    { total, feedback }: { readonly total: Float32Array; readonly feedback: FeedbackMemory },
    private readonly crew: Crew,
    take: (slice: UpdateSlice) => void,
  ) {
    const { kernels, rule } = network;
    const { learning = {} } = rule;
    this.learning = learning;
    this.weightParts = learning.afterStep ? weightPartsOf(network, total, feedback.state, crew, take) : [];
    this.ownPart = ownPartOf(network, crew);
    const [from, to] = memberRange(crew, feedback.noise.length);
    this.ownNoise = { noise: feedback.noise.subarray(from, to), first: from };
    this.blocks = learning.mirror ? blocksOf(network, learning.mirror.samples, feedback.noise) : [];
    this.pieces = this.blocks.length;
    this.looksBefore = learning.mirror?.before ?? 0;
    this.memory = PassMemory.of(kernels);
    const random = stream(seed).split('feedback learning');
    this.noise = { keys: keysOf(random.split('mirrors')), step: 0 };
    this.now = { kernels, keys: keysOf(random.split('magnitudes')), rate: 0, decay: 0, step: 0, steps: 0 };
  }

  /** After the member's own part of the optimizer's step; touches no one else's. */
  afterStep(rate: number, decay: number, step: number, steps: number): void {
    const { learning, now, weightParts, ownPart } = this;
    now.rate = rate;
    now.decay = decay;
    now.step = step;
    now.steps = steps;
    for (let p = 0; p < weightParts.length; p++) learning.afterStep?.(now, weightParts[p]);
    learning.redraw?.(now, ownPart);
  }

  /**
   * The crew looks into the mirrors, when all have taken the step; everyone must call it.
   *
   * @param step its number; negative before training begins
   * @param firstPiece where the pieces of this look begin in the crew's count
   */
  reflect(step: number, steps: number, firstPiece: number): void {
    const { mirror } = this.learning;
    if (!mirror) return;
    const { now, noise, blocks, crew, ownNoise } = this;
    now.step = step;
    now.steps = steps;
    noise.step = step;
    now.kernels.uniform(ownNoise.noise, ownNoise.noise.length, ownNoise.first, noise);
    crew.barrier();
    const response = this.memory.carrierOf(mirror.samples * ROWS);
    const end = firstPiece + blocks.length;
    for (let piece = crew.claim(end); piece >= 0; piece = crew.claim(end)) {
      const block = blocks[piece - firstPiece];
      mirror.reflect(now, block.layer, block.noise, response);
    }
    crew.barrier();
  }
}

/** The weights in the member's range, layer by layer: the feedback weights in the same places, and their step. */
function weightPartsOf(
  { layout, parameters }: Network<Float32Array>,
  total: Float32Array,
  state: OptimizerState,
  crew: Crew,
  take: (slice: UpdateSlice) => void,
): WeightPart[] {
  const [from, to] = memberRange(crew, parameters.values.length);
  return layout.feedbackSlots.flatMap((feedbackSlot) => {
    const slot = weightSlotOf(layout.slots, feedbackSlot);
    const [first, end] = [Math.max(from, slot.offset), Math.min(to, slot.offset + slot.length)];
    if (first >= end) return [];
    const shift = feedbackSlot.offset - slot.offset;
    const there = (array: Float32Array) => array.subarray(first + shift, end + shift);
    const slice: UpdateSlice = {
      weights: there(parameters.feedback),
      gradient: total.subarray(first, end),
      state: Object.fromEntries(Object.entries(state).map(([name, array]) => [name, there(array)])),
    };
    return { feedback: slice.weights, stepFeedback: () => take(slice) };
  });
}

const weightSlotOf = (slots: readonly Slot[], { name }: Slot): Slot =>
  slotNamed(slots, name.replace(/feedback$/, 'weight'));

/** The member's range of all feedback weights, and the layers it runs through. */
function ownPartOf({ layers, layout, kernels, parameters }: Network<Float32Array>, crew: Crew): FeedbackPart {
  const { feedback, initializer = defaultInitializer } = parameters;
  const [first, end] = memberRange(crew, feedback.length);
  const weighted = weightedLayers(layers);
  const all = layout.feedbackSlots.map(({ offset, length }, l) => ({
    own: feedback.subarray(Math.max(first, offset), Math.max(first, Math.min(end, offset + length))),
    fanIn: weighted[l].fanIn,
  }));
  const runs = all.filter(({ own }) => own.length > 0);
  return {
    feedback: feedback.subarray(first, end),
    first,
    fromUniform() {
      for (const { own, fanIn } of runs) fromUniform[initializer](kernels, own, fanIn);
    },
  };
}

/** Each layer in blocks of rows, with the noise it is shown. */
function blocksOf(
  { layers, layout, parameters }: Network<Float32Array>,
  samples: number,
  noise: Float32Array,
): { layer: MirroredLayer; noise: Float32Array }[] {
  const weighted = weightedLayers(layers);
  let place = 0;
  return layout.feedbackSlots.flatMap((feedbackSlot, l) => {
    const slot = weightSlotOf(layout.slots, feedbackSlot);
    const { fanIn: inputs, weightShape } = weighted[l];
    const shown = noise.subarray(place, place + samples * inputs);
    place += samples * inputs;
    const [rows] = weightShape;
    return Array.from({ length: Math.ceil(rows / ROWS) }, (_, block) => {
      const outputs = Math.min(ROWS, rows - block * ROWS);
      const [from, to] = [block * ROWS * inputs, (block * ROWS + outputs) * inputs];
      return {
        noise: shown,
        layer: {
          outputs,
          inputs,
          weight: parameters.values.subarray(slot.offset + from, slot.offset + to),
          feedback: parameters.feedback.subarray(feedbackSlot.offset + from, feedbackSlot.offset + to),
        },
      };
    });
  });
}

/** Two 32-bit keys. */
const keysOf = (random: RandomStream): FeedbackStep['keys'] => {
  const key = () => random.integer(-(2 ** 31), 2 ** 31 - 1);
  return [key(), key()];
};
