/* A LeNet that PyTorch trained and saved, as docs/networks.md tells, audited here. Needs Debian's python3-torch. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { test } from 'tap';
import { quickAudit } from '../../src/audit/recipe.js';
import { mnist } from '../../src/datasets/mnist.js';
import { auditFile } from '../../src/experiment/audit-file.js';
import { silent } from '../../src/experiment/progress.js';
import { saveNetwork } from '../../src/models/checkpoint.js';
import { parseTensorNames } from '../../src/models/foreign.js';
import { buildLayers } from '../../src/models/index.js';
import { parameterLayout } from '../../src/models/parameters.js';
import { decodeCheckpoint } from '../../src/models/safetensors.js';
import { mnistSpec } from '../helpers/networks.js';
import { debianPython, PYTHON } from '../helpers/python.js';

const skip = debianPython('torch');

test('a LeNet of PyTorch’s is audited like the same numbers saved here', { skip }, async (t) => {
  const folder = t.testdir();
  const file = join(folder, 'lenet.safetensors');
  const training = ['--data', mnist.folder(), '--out', file, '--epochs', '1', '--images', '6000'];
  await promisify(execFile)(PYTHON, ['docs/lenet.py', ...training]);
  t.ok(existsSync(file));
  const names = parseTensorNames(readFileSync(join('docs', 'lenet-names.json'), 'utf8'), 'lenet-names.json');
  const options = { settings: quickAudit, workers: 2, progress: silent };
  const theirs = await auditFile(file, { dataset: 'mnist', names, seed: 1 }, join(folder, 'theirs'), options);
  t.ok(theirs.audit.models.bp.cleanAccuracy > 0.85, 'it has learned');

  const { tensors } = decodeCheckpoint(readFileSync(file), file);
  const { slots, parameterCount } = parameterLayout(buildLayers(mnistSpec));
  const values = new Float32Array(parameterCount);
  for (const { name, offset } of slots) values.set(tensors[`${names[name]}`].data, offset);
  const ours = join(folder, 'ours.safetensors');
  writeFileSync(ours, saveNetwork(mnistSpec, 'bp', { values, feedback: new Float32Array(0) }));
  const same = await auditFile(ours, { dataset: 'mnist', seed: 1 }, join(folder, 'ours'), options);
  t.same(same.audit.models, theirs.audit.models);
});
