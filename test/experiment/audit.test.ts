import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'tap';
import { parseAudit } from '../../src/audit/findings.js';
import { type AuditSettings, defaultAudit, quickAudit } from '../../src/audit/recipe.js';
import { configFrom } from '../../src/commands/options.js';
import { UserError } from '../../src/errors.js';
import { auditRun } from '../../src/experiment/audit.js';
import { auditSettings } from '../../src/experiment/audit-settings.js';
import { type Progress, silent } from '../../src/experiment/progress.js';
import { runExperiment } from '../../src/experiment/run.js';
import { saveNetwork } from '../../src/models/checkpoint.js';
import { createNetwork, networkSpec } from '../../src/models/create.js';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/models/safetensors.js';

const settings: AuditSettings = {
  epsilons: [0.3, 0.1, 1],
  images: 100, // more than there are
  iterations: 5,
  restarts: 2,
  queries: 20,
  spsaImages: 2,
  spsaIterations: 2,
  targets: 3,
  standard: false,
};
const config = configFrom(
  'mnist',
  { trainSize: '640', testSize: '70', epochs: '2', lr: '0.002', epsilons: '0,0.1', iterations: '10' },
  'simd',
);
/** Each audit may replace the one before. */
const options = { workers: 2, progress: silent, force: true };
/** Enough where it matters only that there is an audit. */
const tiny: AuditSettings = { ...settings, epsilons: [0.1], images: 5 };

test('an audit of a run leaves the same files whatever the number of workers', async (t) => {
  const folder = join(t.testdir(), 'run');
  const { results } = await runExperiment(config, { out: folder, workers: 2, force: false, progress: silent });
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  const { audit, files } = await auditRun(folder, { ...options, settings, workers: 1 });
  t.same(files, ['audit.json', 'audit.csv', 'figure-c.svg', 'figure-c.png', 'gallery.json', 'report.html']);
  const written = (name: string) => statSync(join(folder, name), { bigint: true }).mtimeNs;
  for (const name of files)
    t.ok(written(name) <= written('audit.json'), `${name}: where audit.json is, nothing is missing`);
  const [json, csv] = [read('audit.json'), read('audit.csv')];
  const said: string[] = [];
  await auditRun(folder, {
    ...{ settings, workers: 3 },
    progress: { ...silent, log: (line) => void said.push(line) },
  });
  t.same(
    said.filter((line) => line.includes('test images')),
    ['100 test images were asked for; there are 70, and all of them are audited.'],
  );
  t.equal(read('audit.json'), json, 'audit.json');
  t.equal(read('audit.csv'), csv, 'audit.csv');
  t.same(parseAudit(json, 'audit.json'), JSON.parse(JSON.stringify(audit)));

  await t.test('it holds what was asked for, the smallest epsilon first', async (t) => {
    t.equal(audit.testImages, 70);
    t.same(audit.settings, { ...settings, epsilons: [0.1, 0.3, 1], images: 70 });
    t.same(Object.keys(audit.models), ['bp', 'fa']);
    for (const { points, checks } of Object.values(audit.models)) {
      t.same(
        points.map(({ epsilon }) => epsilon),
        [0.1, 0.3, 1],
      );
      t.equal(checks.length, 12);
    }
  });

  await t.test('no single attack leaves less than the worst case, which never rises', async (t) => {
    for (const { cleanAccuracy, points } of Object.values(audit.models)) {
      let before = cleanAccuracy;
      for (const { worstCase, byAttack, brokenBy } of points) {
        t.ok(Object.values(byAttack).every((accuracy) => accuracy >= worstCase));
        t.ok(worstCase <= before);
        before = worstCase;
        const broken = Object.values(brokenBy).reduce((sum, count) => sum + count, 0);
        t.equal(broken, Math.round((1 - worstCase) * 70), 'every image that broke is credited once');
      }
    }
  });

  await t.test('the audit measures what the run did', async (t) => {
    for (const { source, target, attack, path, points } of results.curves) {
      const id = `${attack}/${path}/cross-entropy`;
      const [clean, point] = points;
      const [audited] = audit.models[target].points;
      t.equal(audit.models[target].cleanAccuracy, clean.accuracy);
      if (source === target) t.equal(audited.byAttack[id], point.accuracy, `${id} on ${target}`);
      else if (attack === 'bim') t.equal(audited.byAttack[`transfer/${source}/${id}`], point.accuracy);
    }
  });

  await t.test('audit.csv tells the same of every image', async (t) => {
    const [head, ...lines] = csv.trim().split('\n');
    t.equal(
      head,
      'model,epsilon,image,label,cleanPrediction,firstAttack,queries,prediction,labelName,cleanPredictionName,predictionName,outcome',
    );
    t.equal(lines.length, 2 * 3 * 70);
    for (const [name, { points }] of Object.entries(audit.models)) {
      for (const { epsilon, worstCase } of points) {
        const own = lines.filter((line) => line.startsWith(`${name},${epsilon},`));
        t.equal(own.filter((line) => line.endsWith(',survived')).length, Math.round(worstCase * 70));
      }
    }
  });

  await t.test('interrupted, it ends at once and leaves what was there', async (t) => {
    const controller = new AbortController();
    const begun: string[] = [];
    const during: Progress['during'] = (title, ...work) => {
      begun.push(title);
      if (begun.length === 2) controller.abort();
      return silent.during(title, ...work);
    };
    const interrupted = { ...options, settings: tiny, progress: { ...silent, during }, signal: controller.signal };
    const before = read('audit.json');
    await t.rejects(auditRun(folder, interrupted));
    t.equal(begun.length, 2);
    t.equal(read('audit.json'), before);

    await auditRun(folder, { ...options, settings: tiny, workers: 1, progress: { ...silent, during } });
    t.equal(begun[2], begun[1], 'the next one goes on where it was');
    t.notOk(existsSync(join(folder, 'unfinished')));
    const goneOn = read('audit.json');
    await auditRun(folder, { ...options, settings: tiny });
    t.equal(goneOn, read('audit.json'), 'and finds the same as one that never was interrupted');
  });

  await t.test('foretold, it says its time before it begins, and how far all of it is', async (t) => {
    const said: string[] = [];
    const shares: number[] = [];
    const progress: Progress = {
      log: (line) => void said.push(line),
      during: (title, total, done, work) => {
        said.push(title);
        return silent.during(title, total, done, () =>
          work((now) => void (title.startsWith('audit') && shares.push(now / total))),
        );
      },
    };
    const before = read('audit.json');
    await auditRun(folder, { ...options, settings: tiny, foretold: true, progress });
    t.equal(read('audit.json'), before, 'and finds the same');
    t.equal(said[0], 'how long it will take');
    t.match(said[1], /^About \d+ s: 5 images, 2 networks, \d+ trials\.$/);
    t.equal(said[2], 'audit of BP');
    t.ok(Math.abs((shares.at(-1) ?? 0) - 1) < 1e-9, 'it ends with all of it done');
    t.ok(shares[0] < 0.6, 'the first network is not all');
  });

  await t.test('the standard measure: AutoAttack’s attacks, each on what those before it left', async (t) => {
    const standard = { epsilons: [0.05], images: 12, restarts: 1, spsaImages: 0, standard: true };
    const found = await auditRun(folder, { ...options, settings: standard });
    t.match(found.audit.settings, { standard: true, iterations: 100, queries: 5000, targets: 9 });
    for (const { points, warnings } of Object.values(found.audit.models)) {
      const [{ standard: left, worstCase, byAttack }] = points;
      t.ok(left !== undefined && left >= worstCase);
      t.ok(['apgd/true/cross-entropy', 'square'].every((id) => byAttack[id] >= (left ?? 1)));
      t.ok(warnings);
    }
    t.same(parseAudit(read('audit.json'), 'audit.json'), JSON.parse(JSON.stringify(found.audit)));
    await t.rejects(auditRun(folder, { ...options, settings: { ...standard, queries: 10 } }), {
      constructor: UserError,
      message: /queries is 10: the standard measure has 5000/,
    });
  });

  await t.test('fewer images are the first ones', async (t) => {
    const few = await auditRun(folder, { ...options, settings: tiny });
    t.equal(few.audit.testImages, 5);
    const [, ...lines] = read('audit.csv').trim().split('\n');
    const columns = (line: string) => line.split(',').slice(0, 5).join();
    t.same(
      lines.map(columns),
      csv
        .trim()
        .split('\n')
        .map(columns)
        .filter((line) => /^\w+,0\.1,[0-4],/.test(line)),
    );
  });

  /** Puts another network in the place of one of the run's. */
  const put = (name: string, metadata: object, change: (data: Float32Array) => void = () => {}, from = name) => {
    const own = kept.get(from) as Uint8Array;
    const { tensors, metadata: said } = decodeCheckpoint(own, name);
    for (const { data } of Object.values(tensors)) change(data);
    const all = Object.entries({ ...said, ...metadata }).filter(([, value]) => value !== undefined);
    writeFileSync(join(folder, name), encodeCheckpoint({ tensors, metadata: Object.fromEntries(all) }));
  };
  const networks = ['bp.safetensors', 'fa.safetensors'];
  const kept = new Map(networks.map((name) => [name, readFileSync(join(folder, name))]));
  const restore = () => {
    for (const [name, bytes] of kept) writeFileSync(join(folder, name), bytes);
  };

  await t.test('a network that is not the run’s is not audited under its name', async (t) => {
    const refused = async (message: RegExp) => {
      const before = read('audit.json');
      await t.rejects(auditRun(folder, options), { constructor: UserError, message });
      t.equal(read('audit.json'), before);
      restore();
    };
    put('bp.safetensors', { trainingHash: '0'.repeat(64) });
    await refused(/bp\.safetensors is not taken for this run's network: its training hash 000000000000… is not/);
    put('bp.safetensors', {}, undefined, 'fa.safetensors');
    await refused(
      /bp\.safetensors is not the network that config\.json tells of\. It is a lenet5 with relu, learned by fa, .*; the run's is a .*learned by bp/,
    );
    const { spec } = decodeCheckpoint(kept.get('bp.safetensors') as Uint8Array, 'x').metadata;
    put('bp.safetensors', { spec: JSON.stringify({ ...JSON.parse(spec), mean: [0.5] }), trainingHash: undefined });
    await refused(/normalised by \[0\.5\] and .*; the run's is .*normalised by \[0\.1307\]/);
    const colour = networkSpec({ shape: [3, 32, 32], classes: [...'0123456789'], mean: [0, 0, 0], std: [1, 1, 1] });
    const { parameters } = createNetwork(colour, { rule: 'bp' });
    writeFileSync(join(folder, 'bp.safetensors'), saveNetwork(colour, 'bp', parameters));
    await refused(
      /bp\.safetensors is not the network .*for images of \[3, 32, 32\] in 10 classes.*; the run's .*\[1, 28, 28\]/,
    );
    put('fa.safetensors', {}, (data) => data.fill(Number.NaN, 5, 6));
    await refused(/fa\.safetensors: conv1\.weight holds NaN \(its number 5/);
  });

  await t.test('test images other than those of the results are refused', async (t) => {
    const results = read('results.json');
    const { imagesSha256 } = JSON.parse(results);
    writeFileSync(join(folder, 'results.json'), results.replace(imagesSha256.test, '0'.repeat(64)));
    const message = /^The test images there are now are not those of .*results\.json: their SHA-256 is another/;
    await t.rejects(auditRun(folder, { ...options, settings: tiny }), { constructor: UserError, message });
    writeFileSync(join(folder, 'results.json'), results);
  });

  await t.test('a network without a training hash is audited, and that is said', async (t) => {
    put('bp.safetensors', { trainingHash: undefined });
    const said: string[] = [];
    const log = (line: string) => void said.push(line);
    await auditRun(folder, { ...options, settings: tiny, progress: { ...silent, log } });
    t.match(said.join(), /bp\.safetensors carries no training hash: whether it is this run's network can't be told\./);
    t.notMatch(said.join(), /fa\.safetensors/);
    restore();
  });

  await t.test('a network whose numbers overflow is told by check 2, not called one of zero gradients', async (t) => {
    const large = (data: Float32Array) => data.set(data.map((value) => 1e30 * value));
    for (const name of networks) put(name, { trainingHash: undefined }, large);
    const { audit } = await auditRun(folder, { ...options, settings: { ...settings, images: 20, epsilons: [0.1] } });
    for (const { checks, gradients } of Object.values(audit.models)) {
      for (const { zero, notFinite } of gradients.counts) t.same({ zero, notFinite }, { zero: 0, notFinite: 20 });
      t.match(checks[1], { id: 2, verdict: 'fail', auditVerdict: 'fail', numbers: { zero: 0, notFinite: 1 } });
    }
    restore();
  });

  await t.test('a run without its networks, or its configuration, is refused', async (t) => {
    writeFileSync(join(folder, 'bp.safetensors'), 'damaged');
    await t.rejects(auditRun(folder, options), /bp\.safetensors is not a usable safetensors file/);
    rmSync(join(folder, 'bp.safetensors'));
    await t.rejects(
      auditRun(folder, options),
      /bp\.safetensors is not there, though results\.json is\. .*give the run's command again/,
    );
    rmSync(join(folder, 'config.json'));
    await t.rejects(auditRun(folder, options), new UserError(`${folder} holds no run: there is no config.json. Give a folder that the main job has written.`)); // biome-ignore format: one line
  });
});

test('settings are checked, sorted and cut to the images there are', (t) => {
  t.same(auditSettings('mnist', {}, 10_000), defaultAudit);
  t.same(auditSettings('mnist', { ...quickAudit, epsilons: [0.5, 0, 0.1, 0.5] }, 50).epsilons, [0.1, 0.5]);
  t.equal(auditSettings('mnist', {}, 50).images, 50);
  t.throws(() => auditSettings('mnist', { epsilons: [1.5] }, 50), UserError);
  t.throws(() => auditSettings('mnist', { targets: 0 }, 50), /targets is 0: a whole number of 1 or more/);
  t.throws(() => auditSettings('mnist', { standard: 1 as never }, 50), /standard is 1: true or false/);
  t.throws(() => auditSettings('mnist', { epsilons: [0] }, 50), /numbers above 0 and up to 1/);
  t.throws(() => auditSettings('mnist', { queries: 0 }, 50), /The audit's queries is 0: a whole number of 1 or more/);
  t.equal(auditSettings('mnist', { spsaImages: 0 }, 50).spsaImages, 0, 'SPSA may be left out');
  t.equal(auditSettings('cifar10', {}, 50).epsilons[0], 2 / 255, "the data set's own radii");
  t.same(auditSettings('cifar10', { epsilons: [0.2] }, 50).epsilons, [0.2], 'unless others are asked for');
  t.end();
});
