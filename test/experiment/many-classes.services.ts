import { mkdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { csvParse } from 'd3-dsv';
import { encode } from 'fast-png';
import { test } from 'tap';
import { configFrom } from '../../src/commands/options.js';
import { silent } from '../../src/experiment/progress.js';
import { runExperiment } from '../../src/experiment/run.js';

const SIDE = 128;
const CLASSES = 300;

test('300 classes of 128 x 128 pixels are trained on, attacked and audited, each label and prediction by its name', {
  timeout: 600_000,
}, async (t) => {
  const data = join(t.testdir(), 'data');
  const names = Array.from({ length: CLASSES }, (_, i) => `class-${1000 + i}`);
  for (const [i, name] of names.entries()) {
    mkdirSync(join(data, name), { recursive: true });
    for (const n of [0, 1, 2]) {
      const pixels = Uint8Array.from({ length: SIDE * SIDE }, (_, p) => ((p >> 4) * (i + 1) + 3 * n) % 251);
      await writeFile(join(data, name, `${n}.png`), encode({ width: SIDE, height: SIDE, data: pixels, channels: 1 }));
    }
  }
  const options = { data, rules: 'bp', epochs: '1', attacks: 'fgsm', epsilons: '0,0.1' };
  const out = join(data, '..', 'run');
  const audit = { images: 40, epsilons: [0.1], iterations: 3, queries: 5, restarts: 1, spsaImages: 0 };
  const settings = { out, workers: 2, force: false, progress: silent, figures: false, audit };
  const { results } = await runExperiment(configFrom('folder', options, 'simd'), settings);
  t.same(
    results.classes,
    names.map((name) => ({ name, train: 2, test: 1 })),
  );
  const rows = csvParse(readFileSync(join(out, 'audit.csv'), 'utf8'));
  t.equal(rows.length, 40);
  t.ok(
    rows.some(({ label }) => Number(label) > 255),
    'labels that no byte holds',
  );
  for (const row of rows) {
    t.equal(row.labelName, names[Number(row.label)]);
    t.equal(row.cleanPredictionName, names[Number(row.cleanPrediction)]);
  }
});
