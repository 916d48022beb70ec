import { CHUNK_SIZE } from '../metrics/accuracy.js';
import type { GradientPath } from '../models/network.js';
import type { AttackJob } from '../parallel/messages.js';
import { addCounts } from '../parallel/tasks.js';
import type { Curve } from '../report/results.js';
import { type RuleName, rules } from '../rules/index.js';
import type { RunContext, TrainedNetwork } from './train-step.js';

/**
 * Attacks one network with every attack of the run and shows the examples to all networks: figure (a)'s curves for
 * the network itself, figure (b)'s for the others.
 */
export async function attackStep(
  { config, dataset, pool, progress }: RunContext,
  source: RuleName,
  networks: ReadonlyMap<RuleName, TrainedNetwork>,
): Promise<Curve[]> {
  const { iterations, stepSize, momentum, project, clip } = config.attackOptions;
  const options = {
    iterations: iterations ?? undefined,
    stepSize: stepSize ?? undefined,
    momentum: momentum ?? undefined,
    project,
    clip,
  };
  const attacked = networks.get(source)?.network;
  if (!attacked) throw new Error(`no network learned by ${source}`);
  const path: GradientPath = rules[source].usesFeedback ? 'feedback' : 'true';
  const job: AttackJob = {
    source: attacked,
    path,
    loss: 'cross-entropy',
    targets: [...networks.values()].map(({ network }) => network),
    images: dataset.test,
    plans: config.attacks.map((attack) => ({ attack, options, epsilons: config.epsilons })),
  };
  const bar = progress.begin(`attacks on ${rules[source].label}`, Math.ceil(dataset.test.count / CHUNK_SIZE), 0);
  const counts = await pool.run('attack', job, { onProgress: (chunks) => bar.update(chunks) });
  bar.end();

  const [total, ...others] = counts;
  for (const { correct } of others) addCounts(total.correct, correct);
  const zeroGradient = counts.reduce((sum, part) => sum + part.zeroGradient, 0);
  const images = dataset.test.count;
  return config.attacks.flatMap((attack, a) =>
    [...networks.keys()].map((target, t) => ({
      attack,
      source,
      target,
      path,
      points: config.epsilons.map((epsilon, e) => {
        const correct = total.correct[a][e][t];
        return { epsilon, correct, total: images, accuracy: correct / images, zeroGradient };
      }),
    })),
  );
}
