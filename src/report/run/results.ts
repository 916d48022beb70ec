import { z } from 'zod';
import { UserError } from '../../errors.js';
import { gradientPaths } from '../../rules/path.js';
import { count, type FileFormat, interval, list, type Parsed, parseFile, share, table } from '../../schema.js';
import { statedLoss } from '../stated-loss.js';

/*
 * The schema of `results.json`: the curves of one run, and what is needed to judge them. Fields may be added; none
 * changes its meaning. Objects are loose: a field that a later version added is kept.
 */

const pointSchema = z
  .looseObject({
    /** L-infinity radius, in [0, 1] pixel units. */
    epsilon: share,
    correct: count,
    total: count.min(1),
    /** `correct / total` */
    accuracy: share,
    interval,
    /**
     * Images whose gradient of the curve's loss in the source, at the clean image, is exactly zero in every pixel; null if
     * the attack maximises no loss, or the file is of an earlier build that counted another loss's.
     */
    zeroGradient: count.nullable(),
  })
  .refine((point) => point.correct <= point.total, { path: ['correct'], error: 'more than total' })
  .refine((point) => (point.zeroGradient ?? 0) <= point.total, { path: ['zeroGradient'], error: 'more than total' })
  .refine((point) => Math.abs(point.accuracy - point.correct / point.total) < 1e-9, {
    path: ['accuracy'],
    error: 'not correct / total',
  });
export type CurvePoint = Parsed<typeof pointSchema>;

const curveSchema = z.looseObject({
  /** The attack's name, a key of the attacks table, such as `bim`. */
  attack: z.string(),
  /** The model whose gradient made the examples. `source === target` is figure (a), otherwise transfer, figure (b). */
  source: z.string(),
  /** The model asked to classify them. */
  target: z.string(),
  /** What carried the gradient in the source: its feedback weights, or its true transposed weights. */
  path: z.enum(gradientPaths),
  /** The loss that the attack maximised, a key of the losses table, such as `cross-entropy`; null for a control. */
  loss: z.string().nullable(),
  points: list(pointSchema, 1),
});
/** Accuracy against epsilon for one attack, one source and one target. */
export type Curve = Parsed<typeof curveSchema>;

const leftOutSchema = z.looseObject({
  /** Why, such as `hidden`. */
  why: z.string(),
  /** Files and folders. */
  count: count.min(1),
  /** The first few, in order; a folder's name ends in `/`. */
  examples: list(z.string(), 1),
});

const resultsSchema = z.looseObject({
  schema: z.literal(1),
  dataset: z.string(),
  seed: z.number(),
  /** How many test images every curve counts. */
  testImages: count,
  /** SHA-256 of the images and labels, those of training and those of test: tells other data from the same elsewhere. */
  imagesSha256: z.looseObject({ training: z.string(), test: z.string() }).optional(),
  /** What is right where every test image gets the same answer: the share of the most frequent class. */
  chance: share.optional(),
  /**
   * In the order of the class indices: what each class is called, and how many of the run's training and test images are
   * of it. Files of earlier versions don't say it.
   */
  classes: list(z.looseObject({ name: z.string(), train: count, test: count })).optional(),
  /** Of a folder of images: what was not read, by reason. */
  leftOut: list(leftOutSchema).optional(),
  /** Per learning rule (`bp`, `fa`); the clean accuracy is that on all test images. */
  models: table(z.looseObject({ cleanAccuracy: share, cleanInterval: interval, trainSeconds: z.number().min(0) })),
  curves: list(curveSchema),
  environment: z.looseObject({
    /** The JavaScript runtime and its version, such as `bun 1.3.1`. */
    runtime: z.string().optional(),
    /** The version of Node.js, where that is the runtime. */
    node: z.string().optional(),
    workers: count,
    backend: z.string(),
    cpu: z.string(),
  }),
});
export type Results = Parsed<typeof resultsSchema>;

const format: FileFormat<typeof resultsSchema> = {
  schema: resultsSchema,
  title: 'the results.json of a run',
  advice: 'Give a results.json that a run has written.',
};

/**
 * Reads the text of a `results.json`.
 *
 * @param file the file's name, for the message of an error
 * @param advice what the reader is told to do
 * @throws {UserError} if the text is not JSON, is of another schema, or a field is missing or impossible
 */
export function parseResults(text: string, file: string, advice = format.advice): Results {
  const results = parseFile(format, text, file, advice);
  for (const [index, curve] of results.curves.entries()) {
    for (const role of ['source', 'target'] as const) {
      if (Object.hasOwn(results.models, curve[role])) continue;
      throw new UserError(
        `${file}: curves[${index}].${role} is "${curve[role]}", which is not among the models ` +
          `(${Object.keys(results.models).join(', ')}). ${advice}`,
      );
    }
  }
  return withLossesMaximised(results);
}

/**
 * Returns the same results, each curve with the loss that its attack maximised. An earlier build stated the setting's loss for
 * every attack, and counted that loss's zero gradients.
 */
const withLossesMaximised = (results: Results): Results => ({
  ...results,
  curves: results.curves.map((curve) => {
    const loss = statedLoss(curve.attack, curve.loss);
    if (loss === curve.loss) return curve;
    return { ...curve, loss, points: curve.points.map((point) => ({ ...point, zeroGradient: null })) };
  }),
});
