import { test } from 'tap';
import { UserError } from '../../src/errors.js';
import { parseNetworkMetadata } from '../../src/models/metadata.js';
import { mnistSpec } from '../helpers/networks.js';

const good = { rule: 'fa', model: 'lenet5', spec: JSON.stringify(mnistSpec), seed: '1' };
const withSpec = (changes: object) => ({ ...good, spec: JSON.stringify({ ...mnistSpec, ...changes }) });

test('a network is what its metadata says, whatever else that says', async (t) => {
  t.same(parseNetworkMetadata(good, 'x'), { spec: mnistSpec, rule: 'fa' });
  const { model: _, ...without } = good;
  t.same(parseNetworkMetadata(without, 'x'), { spec: mnistSpec, rule: 'fa' }, 'the model stands in the spec too');
});

test('metadata that describes no network is refused: file, field and what is accepted are named', async (t) => {
  const refused = (metadata: Record<string, string>, message: RegExp) =>
    t.throws(() => parseNetworkMetadata(metadata, 'out/fa.safetensors'), { constructor: UserError, message });
  refused({}, /^out\/fa\.safetensors does not say which network it holds.*"rule".*"spec"/);
  for (const name of ['hebb', 'constructor', '__proto__', 'toString']) {
    refused({ ...good, rule: name }, /"rule": .*"bp"\|"fa"/);
    refused(withSpec({ model: name }), /"spec\.model": .*"lenet5"/);
    refused(withSpec({ activation: name }), /"spec\.activation": .*"relu"/);
    refused({ ...good, model: name }, new RegExp(`"model" is ${name}, its "spec" describes a lenet5`));
  }
  refused({ ...good, spec: '{' }, /"spec": JSON is expected/);
  refused({ ...good, spec: 'null' }, /"spec"/);
  refused({ ...good, spec: '[]' }, /"spec"/);
});

test('a network is no larger than sense allows: 256 classes, 64 channels, 1,024 rows and columns', async (t) => {
  const refused = (changes: object, message: RegExp) =>
    t.throws(() => parseNetworkMetadata(withSpec(changes), 'x'), { constructor: UserError, message });
  for (const classes of [1e9, 257, 1, 0, -1, 10.5, '10', null]) refused({ classes }, /"spec\.classes"/);
  for (const inputShape of [[1, 28], [1, 28, 28, 1], [0, 28, 28], [65, 28, 28], [1, 1025, 28], [1, 28, 1e300], '1']) {
    refused({ inputShape }, /"spec\.inputShape/);
  }
  refused({ mean: [0.1, 0.2] }, /"spec\.mean": one a channel is expected/);
  refused({ std: [] }, /"spec\.std": one a channel is expected/);
  refused({ std: [0] }, /"spec\.std\.0"/);
  refused({ mean: ['0'] }, /"spec\.mean\.0"/);
  refused({ depth: 4 }, /"spec": Unrecognized key: "depth"/);
  t.equal(parseNetworkMetadata(withSpec({ classes: 256, inputShape: [1, 1024, 1024] }), 'x').spec.classes, 256);
});
