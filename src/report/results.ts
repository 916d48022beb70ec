/**
 * The schema of `results.json`: the curves of one run, and what is needed to judge them.
 * Fields may be added; none changes its meaning.
 */
export interface Results {
  readonly schema: 1;
  readonly dataset: string;
  readonly seed: number;
  /** How many test images every curve counts. */
  readonly testImages: number;
  /** Per learning rule (`bp`, `fa`). */
  readonly models: Readonly<Record<string, ModelResult>>;
  readonly curves: readonly Curve[];
  readonly environment: Environment;
}

export interface ModelResult {
  /** Share of all test images classified correctly without attack, in [0, 1]. */
  readonly cleanAccuracy: number;
  readonly trainSeconds: number;
}

/** Accuracy against epsilon for one attack, one source and one target. */
export interface Curve {
  /** The attack's name, a key of the attacks table, such as `bim`. */
  readonly attack: string;
  /** The model whose gradient made the examples. `source === target` is figure (a), otherwise transfer, figure (b). */
  readonly source: string;
  /** The model asked to classify them. */
  readonly target: string;
  /** What carried the gradient in the source: its feedback weights, or its true transposed weights. */
  readonly path: 'feedback' | 'true';
  readonly points: readonly CurvePoint[];
}

export interface CurvePoint {
  /** L-infinity radius, in [0, 1] pixel units. */
  readonly epsilon: number;
  readonly correct: number;
  readonly total: number;
  /** `correct / total`, in [0, 1]. */
  readonly accuracy: number;
  /** Images whose gradient in the source, at the clean image, is exactly zero in every pixel. */
  readonly zeroGradient: number;
}

export interface Environment {
  readonly node: string;
  readonly workers: number;
  readonly backend: string;
  readonly cpu: string;
}
