import { z } from 'zod';
import { gradientPaths } from '../rules/path.js';
import { count, type FileFormat, interval, list, type Parsed, parseFile, share, table } from '../schema.js';

/*
 * The schema of `audit.json`: how far each network of a run can be trusted, and why. Shares are in [0, 1], of all
 * audited images. Fields may be added; none changes its meaning. Objects are loose: a field that a later version added
 * is kept.
 */

const degrees = z.number().min(0).max(180);

const answer = z.enum(['pass', 'fail', 'not applicable']);
export type Answer = z.infer<typeof answer>;

/** One question about how the attacks on a network were made. */
const checkSchema = z.looseObject({
  id: count,
  name: z.string(),
  /** Of the paper's attacks on this network. */
  verdict: answer,
  /** Of the audit's strongest attacks on it. */
  auditVerdict: answer,
  /** What was compared: shares in [0, 1] and epsilons; those that begin with `audit` are of the audit's attacks. */
  numbers: table(z.number()),
  meaning: z.string(),
});
export type Check = Parsed<typeof checkSchema>;

/** How the gradient of one loss along one path fares at the clean images. */
const gradientCountSchema = z.looseObject({
  loss: z.string(),
  path: z.enum(gradientPaths),
  /** Images whose gradient is exactly zero in every pixel. */
  zero: count,
  /** Images whose gradient is NaN or infinite in some pixel, or whose logits are. */
  notFinite: count,
  /**
   * Of those with a zero gradient: images that have a gradient once the loss is multiplied by 2¹⁰⁰, so that float32 lost
   * it in the backward pass. Of the cross-entropy only where the softmax isn't 1 for the true class.
   */
  underflow: count.optional(),
});
export type GradientCount = Parsed<typeof gradientCountSchema>;

/** Degrees between the margin's gradient along the rule's own path and the true one, over the images that have both. */
const angleSchema = z.looseObject({
  images: count,
  mean: degrees,
  /** Standard deviation. */
  deviation: degrees,
  percentile5: degrees,
  median: degrees,
  percentile95: degrees,
});
export type AngleSummary = Parsed<typeof angleSchema>;

/** What float32 makes of the logits at the clean images. Counts are of images. */
const logitsSchema = z.looseObject({
  /** Those with finite logits, on which the other fields rest. */
  images: count,
  /** The softmax gives the true class 0.99 or more. */
  nearOne: count,
  /** The softmax of the true class is 1 in float32. */
  one: count,
  /** The logits differ, but all shares of the softmax are equal in float32. */
  uniform: count,
  /** The largest logit minus the smallest, the median over the images. */
  spread: z.number(),
  /** The mean of an image's logits, the median over the images. */
  offset: z.number(),
  /** The largest size of a logit. */
  largest: z.number(),
  /** The two largest logits are equal. */
  tied: count,
  /** The two largest logits differ by no more than float32 numbers of their size lie apart; tied ones too. */
  withinRounding: count,
  /** The last layer, computed in float64, gives another class; only where that layer is linear. */
  otherInFloat64: count.optional(),
});
export type LogitHealth = Parsed<typeof logitsSchema>;

const gradientsSchema = z.looseObject({
  images: count,
  counts: list(gradientCountSchema),
  angle: angleSchema.optional(),
});
export type GradientHealth = Parsed<typeof gradientsSchema>;

const pointSchema = z.looseObject({
  epsilon: share,
  /** Share of the images that no attack fooled: the worst case, image by image. */
  worstCase: share,
  worstCaseInterval: interval,
  /** The accuracy that the most successful of the paper's attacks, on its own, leaves. */
  paper: share,
  paperInterval: interval,
  /** The accuracy under each attack that all images met. */
  byAttack: table(share),
  /** How many images each attack was the first to fool. */
  brokenBy: table(count),
  /** Share of the images that none of AutoAttack's standard attacks fooled, where they were run. */
  standard: share.optional(),
  standardInterval: interval,
});

const modelSchema = z.looseObject({
  cleanAccuracy: share,
  cleanInterval: interval,
  gradients: gradientsSchema,
  /** Audits of earlier versions don't have it. */
  logits: logitsSchema.optional(),
  points: list(pointSchema, 1),
  checks: list(checkSchema),
  /** In a few plain words, such as `gradients masked by saturation`. */
  verdict: z.string(),
  /** The numbers that decided. */
  because: z.string(),
  /** Why the measure may not be taken at its word: AutoAttack's own flags, and where float32 matters. */
  warnings: list(z.looseObject({ name: z.string(), meaning: z.string() })).optional(),
});
/** What an audit concludes of one network. */
export type AuditedModel = Parsed<typeof modelSchema>;

/** The numbers of the checks that a network's attacks fail: the paper's (`verdict`), or the audit's own. */
export const failedChecks = ({ checks }: Pick<AuditedModel, 'checks'>, which: 'verdict' | 'auditVerdict'): number[] =>
  checks.filter((check) => check[which] === 'fail').map(({ id }) => id);

const networkSchema = z.looseObject({
  /** The file's name, without its folder, and its contents' SHA-256 (hexadecimal). */
  file: z.string(),
  sha256: z.string(),
  rule: z.string(),
  model: z.string(),
  activation: z.string(),
  /** Per channel, of pixels in [0, 1]. */
  mean: list(z.number()),
  std: list(z.number()),
});
/** The network of a file, where it is none of a run's. */
export type AuditedNetwork = Parsed<typeof networkSchema>;

const auditSchema = z.looseObject({
  schema: z.literal(1),
  dataset: z.string(),
  seed: z.number(),
  /** How many test images, from the first. */
  testImages: count.min(1),
  /** What each class index means. Files of earlier versions don't say it. */
  classes: list(z.string()).optional(),
  network: networkSchema.optional(),
  /** All that is needed to repeat the audit. */
  settings: z.looseObject({}),
  /** By the network's name in the run, its learning rule's: `bp`, `fa`. */
  models: table(modelSchema),
});
export type Audit = Parsed<typeof auditSchema>;

const format: FileFormat<typeof auditSchema> = {
  schema: auditSchema,
  title: 'the audit.json of an audit',
  advice: 'Give an audit.json that an audit has written.',
};

/**
 * Reads the text of an `audit.json`.
 *
 * @param file the file's name, for the message of an error
 * @param advice what the reader is told to do
 * @throws {UserError} if the text is not JSON, is of another schema, or a field is missing or impossible
 */
export const parseAudit = (text: string, file: string, advice = format.advice): Audit =>
  parseFile(format, text, file, advice);
