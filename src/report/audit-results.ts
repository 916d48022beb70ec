import { z } from 'zod';
import { UserError } from '../errors.js';

/**
 * The schema of `audit.json`: how far each network of a run can be trusted, and why. Shares are in [0, 1], of all
 * audited images. Fields may be added; none changes its meaning.
 */
export interface Audit {
  readonly schema: 1;
  readonly dataset: string;
  readonly seed: number;
  /** How many test images, from the first. */
  readonly testImages: number;
  /** All that is needed to repeat the audit. */
  readonly settings: object;
  /** Per learning rule (`bp`, `fa`). */
  readonly models: Readonly<Record<string, AuditedModel>>;
}

export interface AuditedModel {
  readonly cleanAccuracy: number;
  readonly gradients: AuditedGradients;
  readonly points: readonly AuditPoint[];
  readonly checks: readonly AuditCheck[];
  /** In a few plain words, such as `gradients masked by saturation`. */
  readonly verdict: string;
  /** The numbers that decided. */
  readonly because: string;
}

/** Gradients at the clean images. */
export interface AuditedGradients {
  readonly images: number;
  readonly counts: readonly {
    readonly loss: string;
    readonly path: 'feedback' | 'true';
    /** Images whose gradient is exactly zero in every pixel. */
    readonly zero: number;
    /** Images whose gradient is NaN or infinite somewhere. */
    readonly notFinite: number;
  }[];
  /** Degrees between the margin's gradient along the rule's own path and the true one, over the images that have both. */
  readonly angle?:
    | {
        readonly images: number;
        readonly mean: number;
        readonly deviation: number;
        readonly percentile5: number;
        readonly median: number;
        readonly percentile95: number;
      }
    | undefined;
}

export interface AuditPoint {
  readonly epsilon: number;
  /** Share of the images that no attack fooled: the worst case, image by image. */
  readonly worstCase: number;
  /** The accuracy that the most successful of the paper's attacks, on its own, leaves. */
  readonly paper: number;
  /** The accuracy under each attack that all images met. */
  readonly byAttack: Readonly<Record<string, number>>;
  /** How many images each attack was the first to fool. */
  readonly brokenBy: Readonly<Record<string, number>>;
}

export interface AuditCheck {
  readonly id: number;
  readonly name: string;
  /** Of the paper's attacks on this network. */
  readonly verdict: 'pass' | 'fail' | 'not applicable';
  /** Of the audit's strongest attacks on it. */
  readonly auditVerdict: 'pass' | 'fail' | 'not applicable';
  readonly numbers: Readonly<Record<string, number>>;
  readonly meaning: string;
}

/** One line of `audit.csv`: what happened to one image at one epsilon. */
export interface AuditRow {
  readonly epsilon: number;
  /** Its index among the test images. */
  readonly image: number;
  readonly label: number;
  readonly cleanPrediction: number;
  /** What got it misclassified first; undefined if nothing did. */
  readonly fate: { readonly by: string; readonly queries: number; readonly prediction: number } | undefined;
}

const share = z.number().min(0).max(1);
const count = z.number().int().min(0);
const path = z.enum(['feedback', 'true']);
const answer = z.enum(['pass', 'fail', 'not applicable']);
const degrees = z.number().min(0).max(180);

// Loose objects: a field that a later version added is kept.
const auditSchema = z.looseObject({
  schema: z.literal(1),
  dataset: z.string(),
  seed: z.number(),
  testImages: count.min(1),
  settings: z.looseObject({}),
  models: z.record(
    z.string(),
    z.looseObject({
      cleanAccuracy: share,
      gradients: z.looseObject({
        images: count,
        counts: z.array(z.looseObject({ loss: z.string(), path, zero: count, notFinite: count })),
        angle: z
          .looseObject({
            images: count,
            mean: degrees,
            deviation: degrees,
            percentile5: degrees,
            median: degrees,
            percentile95: degrees,
          })
          .optional(),
      }),
      points: z
        .array(
          z.looseObject({
            epsilon: share,
            worstCase: share,
            paper: share,
            byAttack: z.record(z.string(), share),
            brokenBy: z.record(z.string(), count),
          }),
        )
        .min(1),
      checks: z.array(
        z.looseObject({
          id: count,
          name: z.string(),
          verdict: answer,
          auditVerdict: answer,
          numbers: z.record(z.string(), z.number()),
          meaning: z.string(),
        }),
      ),
      verdict: z.string(),
      because: z.string(),
    }),
  ),
}) satisfies z.ZodType<Audit>;

/**
 * Reads the text of an `audit.json`.
 *
 * @param file the file's name, for the message of an error
 * @throws {UserError} if the text is not JSON, or a field is missing or impossible
 */
export function parseAudit(text: string, file: string): Audit {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new UserError(
      `${file}: not JSON (${(error as Error).message}). Give an audit.json that an audit has written.`,
    );
  }
  const parsed = auditSchema.safeParse(data);
  if (parsed.success) return parsed.data;
  throw new UserError(
    `${file} is no audit.json of schema 1, or was changed by hand; repeat the audit:\n${z.prettifyError(parsed.error)}`,
  );
}
