import { test } from 'tap';
import { attacks } from '../../src/attacks/index.js';
import { auditNetworks } from '../../src/audit/audit.js';
import { inspectGradients } from '../../src/audit/gradients.js';
import { type Audited, type AuditSettings, quickAudit } from '../../src/audit/recipe.js';
import { expectedShows, Forecast, rehearse } from '../../src/audit/rehearsal.js';
import { runTrials, type TimedPiece, type Trial } from '../../src/audit/trials.js';
import { solo } from '../../src/crew/crew.js';
import { attackTable } from '../../src/metrics/adversarial-accuracy.js';
import type { Network } from '../../src/models/network.js';
import { firstImages, type LabelledImages } from '../../src/tensor/images.js';
import { stream } from '../../src/tensor/random.js';
import { referenceKernels } from '../../src/tensor/reference.js';
import { tensor } from '../../src/tensor/tensor.js';
import { reluModel } from '../attacks/small-models.js';

const shape = [1, 5, 5];
const networks = new Map([
  ['bp', reluModel(shape, 3)],
  ['fa', reluModel(shape, 4)],
]);
const subjects: Audited[] = [
  { name: 'bp', ownPath: 'true', classes: 4 },
  { name: 'fa', ownPath: 'true', classes: 4 },
];
const count = 160;
const random = stream(5).split('images');
const pixels = Uint8Array.from({ length: count * 25 }, () => random.integer(0, 255));
const labels = (networks.get('bp') as Network<Float32Array>).predict(
  tensor(
    Float32Array.from(pixels, (byte) => byte / 255),
    [count, ...shape],
  ),
);
const images: LabelledImages = { pixels, labels, count };
const table = attackTable(referenceKernels(), 25);
const settings: AuditSettings = {
  ...{ ...quickAudit, epsilons: [0.02, 0.06, 0.3], images: count, iterations: 50, queries: 400, spsaImages: 5 },
  restarts: 3,
};

/** Does an audit's work, and counts how often an image was shown to a network. */
function worker() {
  const shown: number[] = [];
  const setting = (name: string, some: LabelledImages) => ({
    ...{ audited: networks.get(name) as Network<Float32Array>, sources: networks, images: some, seed: 1 },
  });
  const tryAttacks = async (name: string, some: LabelledImages, trials: readonly Trial[]) => {
    const pieces = runTrials(setting(name, some), trials, table, solo());
    shown.push(pieces.reduce((sum, { queries }) => queries.reduce((own, times) => own + times + 1, sum), 0));
    return pieces;
  };
  const inspect = async (name: string, some: LabelledImages) =>
    inspectGradients(networks.get(name) as Network<Float32Array>, some, solo());
  /** As if each image took a second, each time it is shown. */
  const timeTrials = async (...asked: Parameters<typeof tryAttacks>): Promise<TimedPiece[]> =>
    (await tryAttacks(...asked)).map((piece) => ({
      ...piece,
      seconds: piece.queries.reduce((sum, times) => sum + times + 1, 0),
    }));
  return { inspect, tryAttacks, timeTrials, shown, all: () => shown.reduce((sum, each) => sum + each, 0) };
}

for (const standard of [false, true]) {
  const asked = { ...settings, standard, ...(standard && { targets: 3 }) };
  test(`an audit of a few images tells what one of all takes${standard ? ', the standard measure too' : ''}`, async (t) => {
    const [before, whole] = [worker(), worker()];
    const forecast = await rehearse(subjects, firstImages(images, 40), asked, before);
    await auditNetworks(subjects, images, asked, whole);
    const ratio = forecast.secondsFor(count) / whole.all();
    t.ok(ratio > 1 / 1.25 && ratio < 1.25, `${ratio} times as much as it was`);
    t.ok(before.all() < whole.all() / 8, 'for a small part of it');
    t.equal(forecast.rounds.length, whole.shown.length);
  });
}

test('what leaves nobody early is foretold exactly: the bound of the attack', async (t) => {
  const only = { ...settings, epsilons: [0.001], iterations: 10, queries: 10, spsaImages: 0 };
  const sure = worker();
  const forecast = await rehearse(subjects.slice(0, 1), firstImages(images, 8), only, sure);
  const each = forecast.rounds[0].map(({ shows }) => shows);
  const named = ['grey', 'uniform-noise', 'sign-noise', 'fgsm', 'bim', 'mi-fgsm', 'fgsm', 'bim'] as const;
  t.same(
    each.slice(0, named.length),
    named.map((name) => attacks[name].most({}, 4).gradients),
  );
});

test('how often an image is shown that may be shown more often than was tried', (t) => {
  t.equal(expectedShows([10, 10, 10], 10, 50), 50, 'as often as may be, if none left');
  t.equal(expectedShows([1, 3, 2], 10, 50), 2, 'as often as was seen, if all did');
  t.equal(expectedShows([1, 1, 10, 10], 10, 10), 5.5, 'as often as was seen, if all was tried');
  t.equal(expectedShows([], 10, 50), 50, 'at most as often as may be, if nothing is known');
  t.equal(expectedShows([0, 0], 0, 0), 0);
  // Half of those that were left at 5 left by 10: a quarter is left at 20, and at x 10/x of two.
  const half = expectedShows([8, 8, 10, 10], 10, 20);
  t.ok(Math.abs(half - (8 + 8 + 2 * 10 * (1 + Math.log(2))) / 4) < 1e-9);
  t.end();
});

test('how far an audit is: in seconds as foretold, those of trials that are known by then in the place of guesses', (t) => {
  const trial = (share: number, seconds: number) => ({ share, seconds, shows: 1 });
  const forecast = new Forecast([[trial(1, 2), trial(1, 1)], [trial(0.5, 10)], [trial(0.1, 100)]]);
  t.equal(forecast.trials, 4);
  t.equal(forecast.secondsFor(100), 100 * (2 + 1 + 5 + 10));
  const attack = { attack: 'bim', path: 'true', loss: 'margin', options: {} } as const;
  const of = (length: number): Trial => ({ attack, epsilon: 0.1, images: new Uint32Array(length) });
  const first = forecast.round(0, 0, [of(100), of(100)], 100);
  t.equal(first.total, 1800);
  t.same([0, 1, 2, 3, 4].map(first.after), [0, 128, 192, 264, 300], 'a piece is 64 images, or 36');
  const second = forecast.round(1, 300, [of(70)], 100);
  t.equal(second.total, 300 + 700 + 1000, 'seventy images came to it, where fifty were expected');
  t.same([0, 1, 2].map(second.after), [300, 940, 1000]);
  t.end();
});
