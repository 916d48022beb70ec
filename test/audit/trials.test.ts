import { test } from 'tap';
import { attacks } from '../../src/attacks/index.js';
import { type AuditSettings, recipe } from '../../src/audit/recipe.js';
import { piecesOf, runTrials, type Trial, type TrialPiece, timeTrials } from '../../src/audit/trials.js';
import { type Crew, solo } from '../../src/crew/crew.js';
import { activation } from '../../src/layers/activation.js';
import { flatten } from '../../src/layers/flatten.js';
import { linear } from '../../src/layers/linear.js';
import { relu } from '../../src/layers/relu.js';
import { attackTable } from '../../src/metrics/adversarial-accuracy.js';
import { imageBatch, type LabelledImages } from '../../src/tensor/images.js';
import { stream } from '../../src/tensor/random.js';
import { referenceKernels } from '../../src/tensor/reference.js';
import { networkOf } from '../helpers/networks.js';

const kernels = referenceKernels();
const layersOf = () => [
  flatten('flatten', [1, 4, 4]),
  linear('fc1', [16], { outputs: 10 }),
  activation('relu', [10], relu),
  linear('fc2', [10], { outputs: 3 }),
];
const networks = new Map([
  ['bp', networkOf(layersOf(), 'bp', kernels, 1)],
  ['fa', networkOf(layersOf(), 'fa', kernels, 2)],
]);
const audited = networks.get('fa') as NonNullable<ReturnType<typeof networks.get>>;

const count = 70; // one chunk of 64, and one of 6
const random = stream(5).split('images');
const pixels = Uint8Array.from({ length: count * 16 }, () => random.integer(0, 255));
const images: LabelledImages = { pixels, labels: Uint8Array.from({ length: count }, (_, i) => i % 3), count };
const setting = { audited, sources: networks, images, seed: 3 };
const everyImage = Uint32Array.from({ length: count }, (_, i) => i);

const settings: AuditSettings = {
  epsilons: [0.1],
  images: count,
  iterations: 5,
  restarts: 2,
  queries: 20,
  spsaImages: 2,
  spsaIterations: 2,
  targets: 3,
  standard: false,
};
const attackList = recipe(
  { name: 'fa', ownPath: 'feedback', classes: 3 },
  [{ name: 'bp', ownPath: 'true', classes: 3 }],
  settings,
);

const memory = () => attackTable(kernels, 16);

/** Pieces in one order, whoever did them. */
const sorted = (pieces: readonly TrialPiece[]) =>
  [...pieces].sort((a, b) => a.trial - b.trial || a.first - b.first).map((piece) => ({ ...piece }));

test('every trial sees every one of its images once, in pieces that a crew of any size shares out', (t) => {
  const trials = attackList.map((attack): Trial => ({ attack, epsilon: 0.1, images: everyImage }));
  const alone = sorted(runTrials(setting, trials, memory(), solo()));
  t.equal(alone.length, piecesOf(trials).length);
  t.equal(alone.length, 2 * trials.length);

  let next = 0;
  const member = (rank: number): Crew => ({
    rank,
    size: 2,
    claim: (end) => (next < end && next % 2 === rank ? next++ : -1), // takes turns, then stops
    barrier() {},
    advance() {},
  });
  const [first, second] = [member(0), member(1)];
  const tables = [memory(), memory()];
  const shared: TrialPiece[] = [];
  while (next < alone.length) {
    shared.push(...runTrials(setting, trials, tables[0], first), ...runTrials(setting, trials, tables[1], second));
  }
  t.same(sorted(shared), alone, 'the same predictions and query counts');
  t.end();
});

test('where they are timed, each piece tells its seconds too', (t) => {
  const trials = attackList.slice(0, 4).map((attack): Trial => ({ attack, epsilon: 0.1, images: everyImage }));
  const began = performance.now();
  const timed = timeTrials(setting, trials, memory(), solo());
  const spent = (performance.now() - began) / 1000;
  t.same(
    timed.map(({ seconds: _, ...piece }) => piece),
    runTrials(setting, trials, memory(), solo()),
  );
  t.ok(timed.every(({ seconds }) => seconds > 0));
  const all = timed.reduce((sum, { seconds }) => sum + seconds, 0);
  t.ok(all <= spent, 'which come to no more than all took together');
  t.end();
});

test('what becomes of an image does not depend on which other images are attacked', (t) => {
  const some = Uint32Array.of(3, 17, 66);
  for (const attack of attackList) {
    const [all] = [sorted(runTrials(setting, [{ attack, epsilon: 0.1, images: everyImage }], memory(), solo()))];
    const [few] = runTrials(setting, [{ attack, epsilon: 0.1, images: some }], memory(), solo());
    some.forEach((image, place) => {
      const piece = all[image < 64 ? 0 : 1];
      t.equal(few.predictions[place], piece.predictions[image % 64], `${attack.id}, image ${image}`);
      t.equal(few.queries[place], piece.queries[image % 64]);
    });
  }
  t.end();
});

test('examples made on another network are judged by the audited one', (t) => {
  const transfer = attackList.find(({ id }) => id === 'transfer/bp/bim/true/margin');
  if (!transfer) throw new Error('the recipe has no such attack');
  const [piece] = runTrials(setting, [{ attack: transfer, epsilon: 0.3, images: everyImage }], memory(), solo());
  const own = { ...setting, audited: networks.get('bp') as typeof audited };
  const { source: _, ...atHome } = transfer;
  const [home] = runTrials(own, [{ attack: atHome, epsilon: 0.3, images: everyImage }], memory(), solo());
  t.same(piece.queries, home.queries, 'the same examples, made with the same effort');
  t.notSame(piece.predictions, home.predictions, 'shown to another network');
  const nowhere = { attack: { ...transfer, source: 'xy' }, epsilon: 0.3, images: everyImage };
  t.throws(() => runTrials(setting, [nowhere], memory(), solo()), /no network xy/);
  t.end();
});

test('an example outside the ball or the pixel range stops the audit', (t) => {
  const tooFar: Trial = {
    attack: { attack: 'bim', path: 'true', loss: 'margin', options: { project: false, stepSize: 0.2 } },
    epsilon: 0.1,
    images: everyImage,
  };
  t.throws(() => runTrials(setting, [tooFar], memory(), solo()), /bim moved a pixel from .* at epsilon 0\.1/);
  const outside = { ...tooFar, attack: { ...tooFar.attack, options: { clip: false } } };
  t.throws(() => runTrials(setting, [outside], memory(), solo()), /bim moved a pixel/);
  t.end();
});

test('an example of NaN is no image: the clean one stays in its place, and it is counted', (t) => {
  const broken = networkOf(layersOf(), 'fa', kernels, 2);
  broken.parameters.feedback.fill(Number.POSITIVE_INFINITY);
  const bim: Trial = {
    attack: { attack: 'bim', path: 'feedback', loss: 'margin', options: {} },
    epsilon: 0.1,
    images: everyImage,
  };
  const pieces = sorted(runTrials({ ...setting, audited: broken }, [bim], memory(), solo()));
  t.same(
    pieces.map(({ notFinite }) => notFinite),
    [64, 6],
  );
  const { images: clean } = imageBatch(images, [1, 4, 4], 0, count);
  t.same(
    pieces.flatMap(({ predictions }) => [...predictions]),
    [...broken.predict(clean)],
  );
  const [sound] = runTrials(setting, [bim], memory(), solo());
  t.equal(sound.notFinite, 0);
  t.end();
});

test('the recipe names every attack once, and follows no feedback path where there is none', (t) => {
  const ids = attackList.map(({ id }) => id);
  t.equal(new Set(ids).size, ids.length);
  t.ok(ids.includes('bim/feedback/cross-entropy') && ids.includes('bim/true/cross-entropy'));
  t.ok(attackList.every(({ attack }) => Object.hasOwn(attacks, attack)));
  const bp = recipe({ name: 'bp', ownPath: 'true', classes: 3 }, [], settings);
  t.ok(bp.every(({ path }) => path === 'true'));
  t.equal(new Set(bp.map(({ id }) => id)).size, bp.length);
  t.notOk(
    bp.some(({ kind }) => kind === 'transfer'),
    'nor is there transfer without another network',
  );
  t.end();
});
