import { bim } from '../attacks/bim.js';
import { type Conclusion, conclude, type ImageRow } from '../audit/conclude.js';
import { type Evidence, indicesOf, type Outcome, outcomesAt, rightUnder } from '../audit/evidence.js';
import { type GradientHealth, gradientHealth } from '../audit/gradients.js';
import {
  type AuditAttack,
  type Audited,
  type AuditSettings,
  lastResort,
  longerPaperAttack,
  recipe,
  restartedPaperAttack,
  strongerWhiteBox,
} from '../audit/recipe.js';
import { pieceCount, type Trial, type TrialPiece } from '../audit/trials.js';
import type { SharedNetwork } from '../parallel/messages.js';
import type { WorkerPool } from '../parallel/pool.js';
import { backprop } from '../rules/backprop.js';
import { rules } from '../rules/index.js';
import { firstImages, type LabelledImages } from '../tensor/images.js';
import type { Progress } from './progress.js';

/** What an audit works with. */
export interface AuditContext {
  readonly networks: ReadonlyMap<string, SharedNetwork>;
  readonly images: LabelledImages;
  readonly seed: number;
  readonly settings: AuditSettings;
  readonly pool: WorkerPool;
  readonly progress: Progress;
}

export interface AuditFindings {
  readonly conclusions: Readonly<Record<string, Conclusion>>;
  readonly rows: Readonly<Record<string, readonly ImageRow[]>>;
}

/** Audits every network of a run. The findings are the same for any number of workers. */
export async function auditNetworks(context: AuditContext): Promise<AuditFindings> {
  const settings = { ...context.settings, epsilons: [...context.settings.epsilons].sort((a, b) => a - b) };
  const images = firstImages(context.images, settings.images);
  const conclusions: Record<string, Conclusion> = {};
  const rows: Record<string, readonly ImageRow[]> = {};
  for (const name of context.networks.keys()) {
    const found = conclude(await gather({ ...context, images, settings }, name));
    conclusions[name] = found.conclusion;
    rows[name] = found.rows;
  }
  return { conclusions, rows };
}

/** An attack at one epsilon, on the images at these indices; undefined for all. */
interface Plan {
  readonly attack: AuditAttack;
  readonly epsilon: number;
  readonly images: Uint32Array | undefined;
}

/** Everything that is to be known of one network: first what all images meet, then what is left for the survivors. */
async function gather(context: AuditContext, name: string): Promise<Evidence> {
  const { networks, images, settings } = context;
  const network = networks.get(name);
  if (!network) throw new Error(`no network is called ${name}`);
  const audited = describe(name, network);
  const others = [...networks].filter(([other]) => other !== name).map(([other, its]) => describe(other, its));
  const label = rules[network.rule].label;

  const first = recipe(audited, others, settings);
  const firstPlans = settings.epsilons.flatMap((epsilon) =>
    first.map((attack): Plan => ({ attack, epsilon, images: undefined })),
  );
  const { gradients, clean } = await inspect(context, network);
  const outcomes = await run(context, name, `audit of ${label}`, firstPlans);
  const evidence: Evidence = {
    ...audited,
    classes: network.spec.classes,
    labels: images.labels,
    clean,
    epsilons: settings.epsilons,
    outcomes,
    gradients,
  };
  const survivorPlans = settings.epsilons.flatMap((epsilon) => leftOver(evidence, audited, settings, epsilon));
  const more = await run(context, name, `audit of ${label}, what is left`, survivorPlans);
  return { ...evidence, outcomes: [...outcomes, ...more] };
}

const describe = (name: string, { rule }: SharedNetwork): Audited => ({
  name,
  ownPath: rules[rule] === backprop ? 'true' : 'feedback',
});

/** What the first round leaves to be done at one epsilon. */
function leftOver(evidence: Evidence, audited: Audited, settings: AuditSettings, epsilon: number): Plan[] {
  const left = (outcomes: readonly Outcome[]) => indicesOf(rightUnder(evidence, outcomes));
  const byPaper = left(outcomesAt(evidence, epsilon, { kinds: ['paper'] }));
  const byAll = left(outcomesAt(evidence, epsilon));
  return [
    { attack: longerPaperAttack(audited, bim.defaultIterations ?? 1), epsilon, images: undefined },
    { attack: restartedPaperAttack(audited, settings), epsilon, images: byPaper },
    ...strongerWhiteBox(settings).map((attack) => ({ attack, epsilon, images: byAll })),
    { attack: lastResort(settings), epsilon, images: byAll.subarray(0, settings.spsaImages) },
  ];
}

async function inspect(
  { images, pool }: AuditContext,
  network: SharedNetwork,
): Promise<{ gradients: GradientHealth; clean: Uint8Array }> {
  const pieces = (await pool.run('inspectGradients', { network, images })).flat();
  const clean = new Uint8Array(images.count);
  for (const { first, predictions } of pieces) clean.set(predictions, first);
  return { gradients: gradientHealth(pieces), clean };
}

/** Runs the plans over the pool and puts the pieces together, in the order of the plans. */
async function run(context: AuditContext, name: string, title: string, plans: readonly Plan[]): Promise<Outcome[]> {
  const { networks, images, seed, pool, progress } = context;
  const everyImage = Uint32Array.from({ length: images.count }, (_, i) => i);
  const trials = plans.map(
    ({ attack, epsilon, images: some }): Trial => ({ attack, epsilon, images: some ?? everyImage }),
  );
  const audited = networks.get(name) as SharedNetwork;
  const job = { audited, sources: Object.fromEntries(networks), images, seed, trials };
  const bar = progress.begin(title, pieceCount(trials), 0);
  const pieces: TrialPiece[] = (await pool.run('auditTrials', job, { onProgress: (done) => bar.update(done) })).flat();
  bar.end();
  const outcomes = plans.map(
    ({ attack, epsilon, images: some }, t): Outcome => ({
      attack,
      epsilon,
      images: some,
      predictions: new Uint8Array(trials[t].images.length),
      queries: new Int32Array(trials[t].images.length),
    }),
  );
  for (const { trial, first, predictions, queries } of pieces) {
    outcomes[trial].predictions.set(predictions, first);
    outcomes[trial].queries.set(queries, first);
  }
  return outcomes;
}
