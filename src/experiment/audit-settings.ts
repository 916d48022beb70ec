import { type AuditSettings, defaultAudit, standardAudit } from '../audit/recipe.js';
import { boundsText, isWithin } from '../check.js';
import type { DatasetSource } from '../datasets/dataset.js';
import { type DatasetName, datasets } from '../datasets/index.js';
import { UserError } from '../errors.js';
import { ranges } from './ranges.js';

/**
 * The default settings, the data set's own in their place and then the changes, checked.
 *
 * @param available how many test images there are; as many are audited if fewer than asked for
 * @throws {UserError} if a setting is out of range
 */
export function auditSettings(dataset: DatasetName, changes: Partial<AuditSettings>, available: number): AuditSettings {
  const { auditEpsilons = defaultAudit.epsilons }: DatasetSource = datasets[dataset];
  const { standard = false } = changes;
  if (typeof standard !== 'boolean')
    throw new UserError(`The audit's standard is ${standard}: true or false is expected.`);
  const fixed = standard ? standardAudit : {};
  for (const [name, value] of Object.entries(fixed)) {
    const said = changes[name as keyof typeof standardAudit] ?? value;
    if (said === value) continue;
    throw new UserError(`The audit's ${name} is ${said}: the standard measure has ${value}, and no others.`);
  }
  const settings = { ...defaultAudit, epsilons: auditEpsilons, ...changes, ...fixed, standard };
  const { epsilons, standard: _, ...counts } = settings;
  for (const [name, value] of Object.entries(counts)) {
    if (!Object.hasOwn(defaultAudit, name)) {
      throw new UserError(`The audit has no ${name}; its settings are ${Object.keys(defaultAudit).join(', ')}.`);
    }
    const range = ranges[name as keyof typeof counts];
    if (!Number.isInteger(value) || !isWithin(value, range)) {
      throw new UserError(`The audit's ${name} is ${value}: a ${boundsText(range, 'whole number')} is expected.`);
    }
  }
  if (!Array.isArray(epsilons)) {
    throw new UserError(`The audit's epsilons are ${epsilons}: an array of numbers above 0 and up to 1 is expected.`);
  }
  const positive = [...new Set(epsilons)].filter((epsilon) => epsilon !== 0).sort((a, b) => a - b);
  if (positive.length === 0 || positive.some((epsilon) => !(epsilon > 0 && epsilon <= 1))) {
    throw new UserError(
      `The audit's epsilons are ${epsilons.join(', ') || 'none'}: numbers above 0 and up to 1 are expected.`,
    );
  }
  return { ...settings, epsilons: positive, images: Math.min(settings.images, available) };
}
