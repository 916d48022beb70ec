import { z } from 'zod';
import type { AttackOptions } from '../attacks/attack.js';
import { GREY_RADIUS } from '../audit/checks/sanity.js';
import { FEW_NETWORKS, sumCounts, type TransferCounts } from '../metrics/adversarial-accuracy.js';
import { maximisedLoss } from '../metrics/attack-loss.js';
import { chunkCount } from '../metrics/chunks.js';
import { wilson } from '../metrics/wilson.js';
import type { AttackJob } from '../parallel/messages.js';
import type { Curve } from '../report/run/results.js';
import { type RuleName, rules } from '../rules/index.js';
import { type GradientPath, ownPath } from '../rules/path.js';
import { count, list } from '../schema.js';
import type { LabelledImages } from '../tensor/images.js';
import { VERSION } from '../version.js';
import type { Config } from './config.js';
import type { RunContext, TrainedNetwork } from './context.js';
import { jsonPiece, networkDigest, type PieceFormat } from './kept.js';
import { stepTitles } from './progress.js';
import { trainingImages } from './training-hash.js';

/** What attacks on a run's networks work with. */
export type AttackContext = Pick<RunContext, 'config' | 'dataset' | 'pool' | 'kept' | 'progress'>;

/** A run's networks, by the rules that they learned by. */
export type AttackedNetworks = ReadonlyMap<RuleName, Pick<TrainedNetwork, 'network'>>;

/**
 * Attacks one network with every attack of the run, along each gradient path, and shows the examples to all networks:
 * figure (a)'s curves for the network itself, figure (b)'s for the others.
 */
export async function attackStep(
  context: AttackContext,
  source: RuleName,
  networks: AttackedNetworks,
): Promise<Curve[]> {
  const curves: Curve[] = [];
  const paths: readonly GradientPath[] = ownPath(rules[source]) === 'true' ? ['true'] : context.config.paths;
  for (const path of paths) curves.push(...(await attackAlong(context, source, path, networks)));
  return curves;
}

/**
 * Where the many networks of a run are shown each other's examples: at the smallest, the middle and the largest of the
 * radii at which an image is still itself.
 */
export function transferEpsilons(epsilons: readonly number[]): readonly number[] {
  const small = epsilons.filter((epsilon) => epsilon > 0 && epsilon < GREY_RADIUS);
  if (small.length === 0) return epsilons.slice(-1);
  const middle = small[Math.floor((small.length - 1) / 2)];
  return [...new Set([small[0], middle, small[small.length - 1]])];
}

/** The attacks' options, as attacks take them. */
export const optionsOf = ({ attackOptions }: Pick<Config, 'attackOptions'>): Omit<AttackOptions, 'epsilon'> => ({
  iterations: attackOptions.iterations ?? undefined,
  stepSize: attackOptions.stepSize ?? undefined,
  momentum: attackOptions.momentum ?? undefined,
  project: attackOptions.project,
  clip: attackOptions.clip,
});

async function attackAlong(
  { config, dataset, pool, kept, progress }: AttackContext,
  source: RuleName,
  path: GradientPath,
  networks: AttackedNetworks,
): Promise<Curve[]> {
  const { attacks, epsilons, loss } = config;
  const attacked = networks.get(source)?.network;
  if (!attacked) throw new Error(`no network learned by ${source}`);
  const options = optionsOf(config);
  const job: AttackJob = {
    source: attacked,
    path,
    loss,
    targets: [...networks.values()].map(({ network }) => network),
    transferEpsilons: networks.size > FEW_NETWORKS ? transferEpsilons(epsilons) : undefined,
    images: dataset.test,
    plans: attacks.map((attack) => ({ attack, options, epsilons })),
    seed: config.seed,
  };
  const { label } = rules[source];
  const title = stepTitles.attacks(label, config.paths.length > 1 ? path : undefined);
  const images = dataset.test.count;
  const maximised = attacks.map((attack) => maximisedLoss(attack, loss, attacked.spec.classes));
  const decides = {
    ...{ ...decidingOf(job), version: VERSION, backend: pool.backend },
    // Only where they differ: an earlier build counted the zero gradients of the setting's loss for every attack.
    ...(maximised.some((own) => own !== loss) && { maximised }),
  };
  const { correct: totals, zeroGradient } = await kept.piece(decides, transferPiece(job), async () =>
    sumCounts(
      await progress.during(title, chunkCount(images), 0, (onProgress) => pool.run('attack', job, { onProgress })),
    ),
  );
  return attacks.flatMap((attack, a) =>
    [...networks.keys()].map((target, t) => ({
      attack,
      source,
      target,
      path,
      loss: maximised[a],
      points: epsilons.flatMap((epsilon, e) => {
        if (target !== source && !(job.transferEpsilons?.includes(epsilon) ?? true)) return [];
        const correct = totals[a][e][t];
        return {
          epsilon,
          correct,
          total: images,
          accuracy: correct / images,
          interval: wilson(correct, images),
          zeroGradient: zeroGradient[a],
        };
      }),
    })),
  );
}

/** A job by what it says, and by digests of the networks and images. */
const decidingOf = ({ source, targets, images, ...settings }: AttackJob) => ({
  ...settings,
  source: networkDigest(source),
  targets: targets.map(networkDigest),
  images: trainingImages(images).sha256,
});

const countsSchema = z.strictObject({
  schema: z.literal(1),
  correct: list(list(list(count))),
  /** By attack; an earlier build wrote one number for all of them. */
  zeroGradient: z.union([list(count.nullable()), count]),
});

/** What a job has counted, as a file. */
export const transferPiece = ({
  plans,
  targets,
  images,
}: Pick<AttackJob, 'plans' | 'targets'> & {
  readonly images: Pick<LabelledImages, 'count'>;
}): PieceFormat<TransferCounts> =>
  jsonPiece(
    countsSchema,
    (counts: TransferCounts) => ({ schema: 1 as const, ...counts }),
    ({ correct, zeroGradient }): TransferCounts => ({
      correct,
      zeroGradient: typeof zeroGradient === 'number' ? plans.map(() => zeroGradient) : zeroGradient,
    }),
    ({ correct, zeroGradient }) =>
      correct.length === plans.length &&
      correct.every(
        (own, a) =>
          own.length === plans[a].epsilons.length &&
          own.every((each) => each.length === targets.length && each.every((right) => right <= images.count)),
      ) &&
      zeroGradient.length === plans.length &&
      zeroGradient.every((zeros) => zeros === null || zeros <= images.count),
  );
