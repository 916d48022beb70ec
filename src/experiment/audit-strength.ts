/* Whether an audit would put less in the place of more: an audit takes long, and fewer images or steps support less. */
import { z } from 'zod';
import type { AuditSettings } from '../audit/recipe.js';
import { UserError } from '../errors.js';
import { count } from '../schema.js';
import { epsilonTexts } from '../words.js';
import { readRun } from './run-files.js';

/** What an earlier audit's settings say; what one of another version doesn't say is not compared. */
const foundSchema = z.object({
  epsilons: z.array(z.number()).optional(),
  iterations: count.optional(),
  restarts: count.optional(),
  queries: count.optional(),
  spsaImages: count.optional(),
  spsaIterations: count.optional(),
  targets: count.optional(),
  standard: z.boolean().optional(),
});

/** The settings of which more is stronger, and what messages call them. */
const measures = {
  iterations: 'iterations of APGD',
  restarts: 'restarts',
  queries: 'queries of Square',
  spsaImages: 'images of SPSA',
  spsaIterations: 'iterations of SPSA',
  targets: 'targets',
} as const satisfies Partial<Record<keyof AuditSettings, string>>;

/**
 * Checks that an audit with these settings would not replace a stronger one. One that is as strong or stronger in every
 * way may.
 *
 * @param orElse what else than `--force` there is to do
 * @throws {UserError} if it would, or the one that is there can't be read
 */
export async function checkNoStronger(folder: string, asked: AuditSettings, orElse = ''): Promise<void> {
  const { audit } = await readRun(folder, ['audit']);
  if (!audit) return;
  const found = foundSchema.safeParse(audit.settings).data ?? {};
  const less = audit.testImages > asked.images ? [`${asked.images} images instead of ${audit.testImages}`] : [];
  const { epsilons = [] } = found;
  const lost = epsilons.filter((epsilon) => !asked.epsilons.includes(epsilon));
  if (lost.length > 0) less.push(`no ε = ${lost.map(epsilonTexts([...epsilons, ...asked.epsilons])).join(', ')}`);
  for (const [name, title] of Object.entries(measures) as [keyof typeof measures, string][]) {
    const before = found[name] ?? 0;
    if (before > asked[name]) less.push(`${asked[name]} ${title} instead of ${before}`);
  }
  if (found.standard && !asked.standard) less.push("no attacks of AutoAttack's standard version");
  if (less.length === 0) return;
  throw new UserError(
    `${folder} holds a finished audit, and this one would be weaker: ${less.join('; ')}. Say --force to replace it${orElse}.`,
  );
}
