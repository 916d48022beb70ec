import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'tap';
import type { AuditSettings } from '../../src/audit/recipe.js';
import { UserError } from '../../src/errors.js';
import { auditFile, type FileDescription } from '../../src/experiment/audit-file.js';
import { silent } from '../../src/experiment/progress.js';
import { networkTensors, saveNetwork } from '../../src/models/checkpoint.js';
import { createNetwork } from '../../src/models/create.js';
import { type CheckpointTensor, encodeCheckpoint } from '../../src/models/safetensors.js';
import { mnistSpec } from '../helpers/networks.js';

const settings: AuditSettings = {
  epsilons: [0.1],
  images: 6,
  iterations: 3,
  restarts: 2,
  queries: 10,
  spsaImages: 1,
  spsaIterations: 2,
  targets: 3,
  standard: false,
};
const options = { settings, workers: 1, progress: silent };
const { parameters } = createNetwork(mnistSpec, { rule: 'fa', seed: 3 });
const fa = networkTensors({ spec: mnistSpec, rule: 'fa' }, parameters);
const bp = Object.fromEntries(Object.entries(fa).filter(([name]) => !name.endsWith('.feedback')));

/** The same numbers under the names that PyTorch's Sequential and BioTorch's layers would have. */
const foreignNames: Record<string, string> = {
  conv1: 'features.0',
  conv2: 'features.3',
  fc1: 'classifier.1',
  fc2: 'classifier.3',
  fc3: 'classifier.5',
};
const foreignName = (name: string) => {
  const [layer, tensor] = name.split('.');
  return `${foreignNames[layer]}.${tensor === 'feedback' ? 'weight_backward' : tensor}`;
};
const foreign = (tensors: Record<string, CheckpointTensor>) =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [foreignName(name), tensor]));
const names = (tensors: object) => Object.fromEntries(Object.keys(tensors).map((name) => [name, foreignName(name)]));

const mnist: FileDescription = { dataset: 'mnist', model: 'lenet5', seed: 1 };

for (const [rule, tensors] of Object.entries({ bp, fa })) {
  test(`a ${rule} network under other names has the same audit as the same numbers saved here`, async (t) => {
    const folder = t.testdir();
    const [theirs, ours] = [join(folder, 'theirs.safetensors'), join(folder, 'ours.safetensors')];
    writeFileSync(theirs, encodeCheckpoint({ tensors: foreign(tensors), metadata: {} }));
    writeFileSync(ours, saveNetwork(mnistSpec, rule as 'bp' | 'fa', { ...parameters, ...(rule === 'bp' && { feedback: new Float32Array(0) }) }, { dataset: 'mnist' })); // biome-ignore format: one line
    const found = await auditFile(theirs, { ...mnist, names: names(tensors) }, join(folder, 'a'), options);
    const expected = await auditFile(ours, { seed: 1 }, join(folder, 'b'), options);
    t.same(found.files, ['audit.json', 'audit.csv', 'figure-c.svg', 'figure-c.png', 'gallery.json', 'report.html']);
    t.same(Object.keys(found.audit.models), [rule], 'the rule is told by the feedback weights');
    t.same(found.audit.models, expected.audit.models);
    t.match(found.audit.network, { file: 'theirs.safetensors', rule, model: 'lenet5', mean: [0.1307], std: [0.3081] });
    t.match(expected.audit.network?.sha256, /^[0-9a-f]{64}$/);
  });
}

test('mean and deviation are what the person says, else the file, else the data set', async (t) => {
  const folder = t.testdir();
  const file = join(folder, 'x.safetensors');
  const network = async (description: Partial<FileDescription>) =>
    (await auditFile(file, { ...mnist, ...description }, join(folder, 'x.audit'), options)).audit.network;
  const other = { ...mnistSpec, mean: [0.5], std: [0.5] };
  writeFileSync(file, saveNetwork(other, 'fa', parameters));
  t.match(await network({ mean: [0] }), { mean: [0], std: [0.5], rule: 'fa' });
  writeFileSync(file, encodeCheckpoint({ tensors: bp, metadata: {} }));
  t.match(await network({ activation: 'tanh' }), { mean: [0.1307], activation: 'tanh' });
});

test('integer tensors that the network does not need are left out, with a note', async (t) => {
  const folder = t.testdir();
  const file = join(folder, 'x.safetensors');
  const step = '{"step":{"dtype":"I64","shape":[],"data_offsets":[0,8]},';
  const bytes = Buffer.from(encodeCheckpoint({ tensors: bp, metadata: {} }));
  const length = Number(bytes.readBigUInt64LE());
  const entries = JSON.parse(bytes.subarray(8, 8 + length).toString());
  for (const entry of Object.values(entries) as { data_offsets?: number[] }[]) entry.data_offsets = entry.data_offsets?.map((at) => at + 8); // biome-ignore format: one line
  const header = step + JSON.stringify(entries).slice(1);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(file, Buffer.concat([size, Buffer.from(header), Buffer.alloc(8), bytes.subarray(8 + length)]));
  const said: string[] = [];
  const progress = { ...silent, log: (line: string) => void said.push(line) };
  const { audit } = await auditFile(file, mnist, join(folder, 'a'), { ...options, progress });
  t.same(Object.keys(audit.models), ['bp']);
  t.match(said.join('\n'), /x\.safetensors holds step \(I64\): not read, since these are no floating-point numbers\./);
  await t.rejects(auditFile(file, mnist, join(folder, 'a'), { ...options, settings: { ...settings, images: 5 } }), {
    constructor: UserError,
    message:
      /a holds a finished audit, and this one would be weaker: 5 images instead of 6\. Say --force to replace it, or choose another folder with --out\.$/,
  });
});

test('what can’t be audited is refused by name, and nothing is written', async (t) => {
  const folder = t.testdir({ run: { 'config.json': '{}' } });
  const file = join(folder, 'x.safetensors');
  const out = join(folder, 'x.audit');
  const refused = async (description: Partial<FileDescription>, message: RegExp, where = out) => {
    await t.rejects(auditFile(file, { ...mnist, ...description }, where, options), { constructor: UserError, message });
    t.notOk(existsSync(out));
  };
  await refused({}, /x\.safetensors is not there: the name of a safetensors file, or of a run's folder/);
  writeFileSync(file, encodeCheckpoint({ tensors: bp, metadata: {} }));
  await refused({ dataset: undefined }, /does not say which data set .* --dataset; there are mnist/);
  await refused(
    { model: 'lenet-wide' },
    /conv1\.weight has shape \[6, 1, 5, 5\], this lenet-wide needs \[32, 1, 3, 3\]/,
  );
  await refused({ rule: 'fa' }, /holds no tensor conv1\.feedback; this lenet5 needs one of \[6, 1, 5, 5\]/);
  await refused({ mean: [0.1, 0.2] }, /--mean 0\.1,0\.2: 2 numbers; mnist has 1/);
  await refused({ std: [0] }, /--std 0: each deviation is to be above 0/);
  await refused({}, /run holds a run, whose own audit is there/, join(folder, 'run'));
  const colour = { ...mnistSpec, inputShape: [3, 32, 32], mean: [0, 0, 0], std: [1, 1, 1] };
  writeFileSync(file, saveNetwork(colour, 'bp', createNetwork(colour, { rule: 'bp' }).parameters));
  await refused(
    {},
    /holds a network for images of \[3, 32, 32\] in 10 classes; mnist has images of \[1, 28, 28\] in 10/,
  );
  const infinite = { ...bp, 'fc1.bias': { shape: [120], data: new Float32Array(120).fill(Number.POSITIVE_INFINITY) } };
  writeFileSync(file, encodeCheckpoint({ tensors: infinite, metadata: {} }));
  await refused({}, /fc1\.bias holds Infinity/);
});
