/* The networks of a run: one after another, or side by side where there are more workers than one can use. */
import type { RuleName } from '../rules/index.js';
import { SHARD_SIZE } from '../training/shard.js';
import type { TrainingConfig } from './config.js';
import type { RunContext, TrainedNetwork } from './context.js';
import { stepTitles } from './progress.js';
import { prepareTraining, type Training } from './train.js';

export type TrainedNetworks = ReadonlyMap<RuleName, TrainedNetwork>;
type Plans = Readonly<Record<string, TrainingConfig>>;

/**
 * How many networks are trained at a time: a mini-batch is cut into shards, and workers beyond their number have
 * nothing to do. Results don't depend on it.
 */
export function networksAtOnce(plans: Plans, workers: number): number {
  return Math.max(1, Math.min(Object.keys(plans).length, Math.floor(workers / mostShards(plans))));
}

const mostShards = (plans: Plans): number =>
  Math.max(...Object.values(plans).map(({ batchSize }) => Math.ceil(batchSize / SHARD_SIZE)));

/**
 * Trains every network of the run.
 *
 * @param atOnce how many at a time
 */
export async function trainAll(context: RunContext, atOnce: number): Promise<TrainedNetworks> {
  const plans = Object.entries(context.config.training) as [RuleName, TrainingConfig][];
  const networks = new Map<RuleName, TrainedNetwork>();
  for (let first = 0; first < plans.length; first += atOnce) {
    const together = plans.slice(first, first + atOnce);
    const trainings: Training[] = [];
    for (const [rule, plan] of together) trainings.push(await prepareTraining(context, rule, plan));
    const trained = await sideBySide(context, trainings);
    for (const [i, [rule]] of together.entries()) networks.set(rule, trained[i]);
  }
  return networks;
}

/** @throws what the first one that failed threw, once the others have ended their epochs and left their checkpoints */
async function sideBySide(
  { config, pool, progress }: RunContext,
  trainings: readonly Training[],
): Promise<TrainedNetwork[]> {
  const total = trainings.reduce((sum, training) => sum + training.total, 0);
  const done = trainings.map((training) => training.done);
  const sum = () => done.reduce((all, each) => all + each, 0);
  let running = trainings.length;
  let failure: { readonly error: unknown } | undefined;
  const share = {
    get members() {
      return Math.min(mostShards(config.training), Math.floor(pool.size / running));
    },
    get stopped() {
      return failure !== undefined;
    },
  };
  const title = stepTitles.training(trainings.map(({ label }) => label));
  const trained = await progress.during(title, total, sum(), (update) => {
    const all = trainings.map(async (training, i) => {
      try {
        return await training.run((now) => {
          done[i] = now;
          update(sum());
        }, share);
      } catch (error) {
        failure ??= { error };
        return undefined;
      } finally {
        running--;
      }
    });
    return Promise.all(all);
  });
  if (failure) throw failure.error;
  return trained as TrainedNetwork[];
}
