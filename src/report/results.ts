import { z } from 'zod';
import { UserError } from '../errors.js';

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
  /** The loss that the attack made grow, a key of the losses table, such as `cross-entropy`. */
  readonly loss: string;
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

const share = z.number().min(0).max(1);
const count = z.number().int().min(0);

const pointSchema = z
  .looseObject({ epsilon: share, correct: count, total: count.min(1), accuracy: share, zeroGradient: count })
  .refine((point) => point.correct <= point.total, { path: ['correct'], error: 'more than total' })
  .refine((point) => point.zeroGradient <= point.total, { path: ['zeroGradient'], error: 'more than total' })
  .refine((point) => Math.abs(point.accuracy - point.correct / point.total) < 1e-9, {
    path: ['accuracy'],
    error: 'not correct / total',
  });

// Loose objects: a field that a later version added is kept.
const resultsSchema = z.looseObject({
  schema: z.literal(1),
  dataset: z.string(),
  seed: z.number(),
  testImages: count,
  models: z.record(z.string(), z.looseObject({ cleanAccuracy: share, trainSeconds: z.number().min(0) })),
  curves: z.array(
    z.looseObject({
      attack: z.string(),
      source: z.string(),
      target: z.string(),
      path: z.enum(['feedback', 'true']),
      loss: z.string(),
      points: z.array(pointSchema).min(1),
    }),
  ),
  environment: z.looseObject({ node: z.string(), workers: count, backend: z.string(), cpu: z.string() }),
}) satisfies z.ZodType<Results>;

/**
 * Reads the text of a `results.json`.
 *
 * @param file the file's name, for the message of an error
 * @throws {UserError} if the text is not JSON, is of another schema, or a field is missing or impossible
 */
export function parseResults(text: string, file: string): Results {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    const reason = (error as Error).message.replaceAll(/\s+/g, ' ');
    throw new UserError(`${file}: not JSON (${reason}). Give a results.json that a run has written.`);
  }
  const schema = valueAt(data, ['schema']);
  if (schema === undefined) {
    throw new UserError(`${file}: no results of a run: the field "schema" is missing. Give a results.json.`);
  }
  if (schema !== 1) {
    throw new UserError(
      `${file}: schema is ${JSON.stringify(schema)}; this version of weight-transport reads schema 1.`,
    );
  }
  const parsed = resultsSchema.safeParse(data);
  if (parsed.success) return withKnownModels(parsed.data, file);
  const issue = parsed.error.issues[0]!;
  const value = valueAt(data, issue.path);
  const wrong = value === undefined ? 'is missing' : `is ${JSON.stringify(value)?.slice(0, 60)}: ${issue.message}`;
  throw new UserError(
    `${file}: ${fieldName(issue.path)} ${wrong}. The file is damaged or was changed by hand; repeat the run.`,
  );
}

function withKnownModels(results: Results, file: string): Results {
  for (const [index, curve] of results.curves.entries()) {
    for (const role of ['source', 'target'] as const) {
      if (Object.hasOwn(results.models, curve[role])) continue;
      throw new UserError(
        `${file}: curves[${index}].${role} is "${curve[role]}", which is not among the models ` +
          `(${Object.keys(results.models).join(', ')}).`,
      );
    }
  }
  return results;
}

/** `curves[0].points[2].epsilon` */
function fieldName(path: readonly PropertyKey[]): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '');
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key], data);
}
