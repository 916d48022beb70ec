/* Tells beforehand how long an audit will take. */

import { type Audited, type AuditSettings, defaultAudit } from '../audit/recipe.js';
import { type Forecast, mostRehearsed, rehearse } from '../audit/rehearsal.js';
import type { SharedNetwork } from '../parallel/messages.js';
import type { WorkerPool } from '../parallel/pool.js';
import { labelsAt } from '../tensor/class-indices.js';
import type { LabelledImages } from '../tensor/images.js';
import { roughDuration } from '../words.js';
import type { Progress } from './progress.js';

/** Of the images that are audited, one in so many is rehearsed with, and no more than so many, or than so long allows. */
const ONE_IN = 8;
const MOST_IMAGES = 128;
const LEAST_IMAGES = 8;
const SECONDS = 10;

/** How many images are looked at to see how fast a network is, and how often that shows it each. */
const LOOKED_AT = 16;
const LOOKS = 6;

/** What is done after the last attack: figures, gallery, report; in seconds. */
const AFTERWARDS = 2;

interface ForecastWork {
  readonly networks: ReadonlyMap<string, SharedNetwork>;
  readonly subjects: readonly Audited[];
  readonly images: LabelledImages;
  readonly seed: number;
  readonly settings: AuditSettings;
  /** Whether an interrupted audit has left something. */
  readonly begun: boolean;
  readonly pool: WorkerPool;
  readonly progress: Progress;
}

/** Rehearses an audit of these images, and says how long it will take. */
export async function foretell(work: ForecastWork): Promise<Forecast> {
  const { networks, subjects, images, seed, settings, pool, progress } = work;
  const named = (name: string) => networks.get(name) as SharedNetwork;
  const inspect = async (name: string, some: LabelledImages) =>
    (await pool.run('inspectGradients', { network: named(name), images: some })).flat();
  const sources = Object.fromEntries(networks);
  const rounds = subjects.length * (settings.standard ? 4 : 3);
  const forecast = await progress.during('how long it will take', rounds, 0, async (update) => {
    let done = 0;
    const sample = spread(images, await sampleSize(work, inspect));
    return await rehearse(subjects, sample, settings, {
      inspect,
      async timeTrials(name, some, trials) {
        const job = { audited: named(name), sources, images: some, seed, trials };
        const pieces = await pool.run('timeTrials', job);
        update(++done);
        return pieces.flat();
      },
    });
  });
  const less = work.begun ? ', less what an interrupted audit has left' : '';
  progress.log(`${forecastText(forecast, images.count, subjects.length, pool.size)}${less}.`);
  return forecast;
}

/** As many as the networks have gone through in time. */
async function sampleSize(
  { subjects, images, settings, pool }: ForecastWork,
  inspect: (name: string, images: LabelledImages) => Promise<unknown>,
): Promise<number> {
  const [{ name }] = subjects;
  const few = spread(images, LOOKED_AT);
  await inspect(name, few); // the first time, workers load what they need
  const began = performance.now();
  await inspect(name, few);
  const perShow = (performance.now() - began) / 1000 / (LOOKS * few.count);
  const affordable = Math.floor((SECONDS * pool.size) / (perShow * mostRehearsed(subjects, settings)));
  return Math.min(Math.ceil(images.count / ONE_IN), MOST_IMAGES, Math.max(LEAST_IMAGES, affordable));
}

/** At most so many of the images, at even distances. */
function spread({ pixels, labels, count }: LabelledImages, most: number): LabelledImages {
  const size = pixels.length / count;
  const kept = Math.min(most, count);
  const indices = Array.from({ length: kept }, (_, i) => Math.floor((i * count) / kept));
  const shared = new Uint8Array(new SharedArrayBuffer(kept * size));
  indices.forEach((index, i) => {
    shared.set(pixels.subarray(index * size, (index + 1) * size), i * size);
  });
  return { pixels: shared, labels: labelsAt(labels, indices), count: kept };
}

/** `About 12 min: 10,000 images, 2 networks, 210 trials (--images 1000 would take about 1 min 20 s)` */
export function forecastText(forecast: Forecast, images: number, networks: number, workers: number): string {
  const timeOf = (count: number) => roughDuration(AFTERWARDS + forecast.secondsFor(count) / workers);
  const counted = (count: number, thing: string) => `${count.toLocaleString('en')} ${thing}${count === 1 ? '' : 's'}`;
  const said = [counted(images, 'image'), counted(networks, 'network'), counted(forecast.trials, 'trial')].join(', ');
  const usual = defaultAudit.images;
  const less = images > usual ? ` (--images ${usual} would take about ${timeOf(usual)})` : '';
  return `About ${timeOf(images)}: ${said}${less}`;
}
