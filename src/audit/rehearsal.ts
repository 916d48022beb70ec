/*
 * How long an audit will take. Most attacks let an image go once it is fooled, and the later ones are for images that
 * the earlier ones left: what it takes depends on the network, tenfold. So the audit is made beforehand, of a few images
 * and with a part of the steps; what an attack would do with all of them, its own bound says.
 */
import type { AttackOptions } from '../attacks/attack.js';
import { attacks, showsOf } from '../attacks/index.js';
import type { LabelledImages } from '../tensor/images.js';
import { type AuditWork, auditNetworks } from './audit.js';
import { type Audited, type AuditSettings, recipe } from './recipe.js';
import { piecesOf, type TimedPiece, type Trial } from './trials.js';

/** The part of an attack's steps and queries that are tried. */
const PART = 1 / 5;

/** What a rehearsal asks for, as an audit does. */
export interface RehearsalWork extends Pick<AuditWork, 'inspect'> {
  timeTrials(name: string, images: LabelledImages, trials: readonly Trial[]): Promise<TimedPiece[]>;
}

/** What is foretold of one attack at one epsilon on one network. */
interface Foretold {
  /** Of all images, the share that meets it. */
  readonly share: number;
  /** How often it shows one of them to the network. */
  readonly shows: number;
  /** What one of them takes, in seconds of one worker. */
  readonly seconds: number;
}

/** A round of an audit, in seconds of one worker as they were foretold. */
export interface Round {
  /** Of the whole audit, by what is known at the round's beginning. */
  readonly total: number;
  /** How far the audit is when so many of the round's pieces are done. */
  after(pieces: number): number;
}

/** What an audit will take. */
export class Forecast {
  /** @param rounds in the order of an audit's own, those of all its networks */
  constructor(readonly rounds: readonly (readonly Foretold[])[]) {}

  get trials(): number {
    return this.rounds.reduce((sum, { length }) => sum + length, 0);
  }

  /** Seconds of one worker. */
  secondsFor(images: number, fromRound = 0): number {
    const each = this.rounds.slice(fromRound).flat();
    return images * each.reduce((sum, { share, seconds }) => sum + share * seconds, 0);
  }

  /**
   * A round whose trials are known by now.
   *
   * @param before how far the audit is
   */
  round(index: number, before: number, trials: readonly Trial[], images: number): Round {
    const sums = [before];
    for (const { trial, n } of piecesOf(trials)) {
      sums.push(sums[sums.length - 1] + n * this.rounds[index][trial].seconds);
    }
    return { total: sums[sums.length - 1] + this.secondsFor(images, index + 1), after: (pieces) => sums[pieces] };
  }
}

/** Makes an audit of a few images, to see what one of all would take. */
export async function rehearse(
  subjects: readonly Audited[],
  sample: LabelledImages,
  settings: AuditSettings,
  work: RehearsalWork,
): Promise<Forecast> {
  const rounds: Rehearsed[][] = [];
  const spsaImages = Math.ceil((settings.spsaImages * sample.count) / Math.max(settings.images, sample.count));
  await auditNetworks(
    subjects,
    sample,
    { ...settings, spsaImages },
    {
      inspect: work.inspect,
      async tryAttacks(name, images, trials) {
        const { classes } = subjects.find((subject) => subject.name === name) as Audited;
        const pieces = await work.timeTrials(name, images, trials.map(shortened));
        rounds.push(
          trials.map((trial, t) => ({ trial, classes, pieces: pieces.filter((piece) => piece.trial === t) })),
        );
        return pieces;
      },
    },
  );
  const pace = paceOf(rounds.flat());
  return new Forecast(rounds.map((round) => round.map((rehearsed) => foretell(rehearsed, sample.count, pace))));
}

/** How often a rehearsal shows an image to the networks, at most, in the rounds that every image meets. */
export function mostRehearsed(subjects: readonly Audited[], settings: AuditSettings): number {
  return subjects.reduce((all, subject) => {
    const others = subjects.filter((other) => other !== subject);
    const each = recipe(subject, others, settings).map(({ attack, options }) =>
      showsOf(attack, short(attack, options), subject.classes),
    );
    return all + settings.epsilons.length * each.reduce((sum, shows) => sum + shows + 1, 0);
  }, 0);
}

interface Rehearsed {
  readonly trial: Trial;
  readonly classes: number;
  readonly pieces: readonly TimedPiece[];
}

type Options = Omit<AttackOptions, 'epsilon'>;
type Name = Trial['attack']['attack'];

const part = (count: number): number => Math.ceil(PART * count);

/** An attack's options for a part of its steps. */
function short(attack: Name, { iterations, queries, ...others }: Options): Options {
  const steps = iterations ?? (attacks[attack] as { defaultIterations?: number }).defaultIterations;
  return {
    ...others,
    ...(steps !== undefined && { iterations: part(steps) }),
    ...(queries !== undefined && { queries: part(queries) }),
  };
}

const shortened = (trial: Trial): Trial => {
  const { attack } = trial;
  return { ...trial, attack: { ...attack, options: short(attack.attack, attack.options) } };
};

/** Seconds for which each attack has an image shown once; the look at its example is one more. */
function paceOf(all: readonly Rehearsed[]): (attack: Name) => number {
  const of = (some: readonly Rehearsed[]) => {
    const pieces = some.flatMap((each) => each.pieces);
    const seconds = pieces.reduce((sum, piece) => sum + piece.seconds, 0);
    const shows = pieces.reduce((sum, { queries }) => queries.reduce((own, times) => own + times + 1, sum), 0);
    return shows > 0 ? seconds / shows : undefined;
  };
  const names = [...new Set(all.map(({ trial }) => trial.attack.attack))];
  const paces = new Map(names.map((name) => [name, of(all.filter(({ trial }) => trial.attack.attack === name))]));
  const usual = of(all) ?? 0;
  return (attack) => paces.get(attack) ?? usual;
}

function foretell({ trial, classes, pieces }: Rehearsed, sampled: number, pace: (attack: Name) => number): Foretold {
  const { attack, options } = trial.attack;
  const shown = pieces.flatMap(({ queries }) => [...queries]);
  const bounds = [short(attack, options), options].map((each) => showsOf(attack, each, classes));
  const shows = expectedShows(shown, bounds[0], bounds[1]);
  return { share: shown.length / sampled, shows, seconds: (shows + 1) * pace(attack) };
}

/**
 * How often one image is shown if it may be shown `most` times, where these were shown so often and might have been
 * `tried` times. Those that left early would leave again. Of the others, as many leave before twice the time as did in
 * the second half of it, as many before four times of those left then, and so on: on x tried, x^−α of them stay.
 */
export function expectedShows(shown: readonly number[], tried: number, most: number): number {
  if (shown.length === 0 || tried === 0) return most;
  const early = shown.filter((times) => times < tried);
  const stayed = shown.length - early.length;
  const halfway = shown.filter((times) => 2 * times > tried).length;
  const left = early.reduce((sum, times) => sum + times, 0);
  if (stayed === 0) return left / shown.length;
  const alpha = Math.log2(halfway / stayed);
  const longer = most / tried;
  const further = Math.abs(1 - alpha) < 1e-9 ? Math.log(longer) : (longer ** (1 - alpha) - 1) / (1 - alpha);
  return (left + stayed * tried * (1 + further)) / shown.length;
}
