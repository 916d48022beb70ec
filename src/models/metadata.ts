import { z } from 'zod';
import { UserError } from '../errors.js';
import { type RuleName, rules } from '../rules/index.js';
import { faultList, keyOf, list, parseJson } from '../schema.js';
import { MOST_CLASSES } from '../tensor/class-indices.js';
import { models, type NetworkSpec } from './index.js';
import { type InitializerName, initializers } from './initialize.js';
import { activations } from './lenet.js';

/** Far more than any data set here has, and few enough that no sum of sizes overflows. */
const MOST_CHANNELS = 64;
const MOST_ROWS = 1024;

const upTo = (most: number) => z.number().int().min(1).max(most);

/** A network's description, as it stands in a file: nothing of it is believed before this has seen it. */
export const specSchema: z.ZodType<NetworkSpec> = z
  .strictObject({
    model: keyOf(models),
    activation: keyOf(activations),
    inputShape: z.tuple([upTo(MOST_CHANNELS), upTo(MOST_ROWS), upTo(MOST_ROWS)]),
    classes: z.number().int().min(2).max(MOST_CLASSES),
    mean: list(z.number()),
    std: list(z.number().positive()),
  })
  .refine(({ mean, inputShape }) => mean.length === inputShape[0], {
    path: ['mean'],
    error: 'one a channel is expected',
  })
  .refine(({ std, inputShape }) => std.length === inputShape[0], { path: ['std'], error: 'one a channel is expected' });

const metadataSchema = z.object({
  rule: keyOf(rules),
  /** Said once more within the spec. */
  model: z.string().optional(),
  /** JSON of a {@link specSchema}. */
  spec: z.string(),
  /** Of a rule that redraws its feedback weights. Any other text is the writer's own. */
  initializer: keyOf(initializers).optional().catch(undefined),
});

/**
 * Which network a file's metadata says it holds.
 *
 * @param file what messages call it
 * @throws {UserError} if the metadata does not say, or says what can't be.
 */
export function parseNetworkMetadata(
  metadata: Readonly<Record<string, string>>,
  file: string,
): { readonly spec: NetworkSpec; readonly rule: RuleName; readonly initializer: InitializerName | undefined } {
  const { rule, model, spec: text, initializer } = accept(metadataSchema, metadata, `${file}: its metadata`);
  const description = `${file}: the "spec" in its metadata`;
  const spec = accept(specSchema, parseJson(text, description, ''), description);
  if (model !== undefined && model !== spec.model) {
    throw new UserError(`${file}: the "model" in its metadata is ${model}, its "spec" describes a ${spec.model}.`);
  }
  return { spec, rule, initializer };
}

function accept<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new UserError(`${what} describes no network:\n${faultList(parsed.error, value)}`);
}
