/** How the learning rate moves over a training run: a factor of the base rate, from the share of steps done in [0, 1). */
export const decays = {
  constant: () => 1,
  /** To a tenth after half of the steps, to a hundredth after three quarters. */
  step: (done: number) => (done < 0.5 ? 1 : done < 0.75 ? 0.1 : 0.01),
  linear: (done: number) => 1 - done,
  cosine: (done: number) => (1 + Math.cos(Math.PI * done)) / 2,
} satisfies Record<string, (done: number) => number>;

export type DecayName = keyof typeof decays;

export interface Schedule {
  readonly rate: number;
  readonly decay: DecayName;
  /** Steps over which the rate first rises linearly from 0 to its decayed value. */
  readonly warmupSteps: number;
}

/**
 * The learning rate of one step.
 *
 * @param step counted from 0
 * @param steps how many the whole run has
 */
export function learningRate({ rate, decay, warmupSteps }: Schedule, step: number, steps: number): number {
  const warmup = step < warmupSteps ? (step + 1) / warmupSteps : 1;
  return rate * warmup * decays[decay](step / steps);
}
