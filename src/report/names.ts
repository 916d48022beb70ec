/** How the names in results and on the command line (`bp`, `mi-fgsm`, `cifar10`) are shown to a reader. */
import { attacks } from '../attacks/index.js';
import { datasets } from '../datasets/index.js';
import type { LossName } from '../losses/index.js';
import { rules } from '../rules/index.js';

/** The label in the name's own row: `MI-FGSM` for `mi-fgsm`. A name that no table knows stays as it is. */
export function displayName(name: string): string {
  const row = <Row>(table: Readonly<Record<string, Row>>) => (Object.hasOwn(table, name) ? table[name] : undefined);
  return row(rules)?.label ?? row(attacks)?.label ?? row(datasets)?.title ?? name;
}

/** `BP → FA`: examples made on BP, shown to FA. */
export function directionName(source: string, target: string): string {
  return `${displayName(source)} → ${displayName(target)}`;
}

/** The loss that attacks maximise unless a setting says otherwise. */
export const usualLoss: LossName = 'cross-entropy';

/** Returns `, margin loss`, to follow an attack's name; an empty text for the usual loss and for attacks without a loss. */
export const lossSuffix = (loss: string | null): string =>
  loss === null || loss === usualLoss ? '' : `, ${loss} loss`;
