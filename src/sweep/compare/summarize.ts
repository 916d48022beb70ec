/** Means over seeds, and differences between groups, seed by seed. */
import { spread } from '../../metrics/spread.js';
import type { Difference, Group, Quantity, QuantitySpread, Summary } from '../../report/summary/summary.js';
import { comparable, groupRuns, type RunGroup, withLikeAudit } from './groups.js';
import { keyOf, type Measurement, measurements } from './measurements.js';
import type { FinishedRun, ReadRuns } from './read.js';

/** Groups of one data set up to which each is held against each; of more, all against the first. */
const MOST_FOR_PAIRS = 6;

export interface Summarized {
  readonly summary: Summary;
  readonly groups: readonly RunGroup[];
}

export function summarize({ runs, notes }: ReadRuns): Summarized {
  const grouped = groupRuns(runs);
  const { families, notes: apart } = comparable(grouped.groups);
  const summary: Summary = {
    schema: 1,
    groups: grouped.groups.map(groupOf),
    differences: families.flatMap((family) => pairsOf(family).flatMap(([from, of]) => differenceOf(from, of) ?? [])),
    notes: [...notes, ...grouped.notes, ...apart],
  };
  return { summary, groups: grouped.groups };
}

function groupOf({ id, settings, runs }: RunGroup): Group {
  const [{ config, results }] = runs;
  const audited = runs.find(({ audit }) => audit)?.audit?.testImages;
  return {
    id,
    dataset: config.dataset,
    settings,
    seeds: seedsOf(runs),
    runs: runs.map(({ folder }) => folder),
    testImages: results.testImages,
    ...(audited === undefined ? {} : { auditedImages: audited }),
    values: spreads(runs.map(measurements)),
  };
}

const seedsOf = (runs: readonly FinishedRun[]): number[] => runs.map(({ config }) => config.seed);

/** Each quantity over all that have it, in the order of the first one's. */
function spreads(all: readonly (readonly Measurement[])[]): QuantitySpread[] {
  const values = new Map<string, { quantity: Quantity; numbers: number[] }>();
  for (const { quantity, value } of all.flat()) {
    const key = keyOf(quantity);
    const known = values.get(key);
    if (known) known.numbers.push(value);
    else values.set(key, { quantity, numbers: [value] });
  }
  return [...values.values()].map(({ quantity, numbers }) => ({ ...quantity, ...spread(numbers) }));
}

function pairsOf(groups: readonly RunGroup[]): [RunGroup, RunGroup][] {
  const firsts = groups.length > MOST_FOR_PAIRS ? groups.slice(0, 1) : groups;
  return firsts.flatMap((from, index) => groups.slice(index + 1).map((of): [RunGroup, RunGroup] => [from, of]));
}

/** The values of one group less those of another, of each seed that both have; undefined if there is none. */
function differenceOf(from: RunGroup, of: RunGroup): Difference | undefined {
  const seeds = seedsOf(of.runs).filter((seed) => seedsOf(from.runs).includes(seed));
  if (seeds.length === 0) return undefined;
  const differences = seeds.map((seed) => {
    const [minuend, subtrahend] = [of, from].map(
      ({ runs }) => runs.find(({ config }) => config.seed === seed) as FinishedRun,
    );
    const known = new Map(
      measurements(withLikeAudit(subtrahend, minuend)).map(({ quantity, value }) => [keyOf(quantity), value]),
    );
    return measurements(minuend).flatMap(({ quantity, value }) => {
      const other = known.get(keyOf(quantity));
      return other === undefined ? [] : [{ quantity, value: value - other }];
    });
  });
  return { of: of.id, from: from.id, seeds, values: spreads(differences) };
}
