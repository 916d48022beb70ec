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
  refused({}, /^out\/fa\.safetensors: its metadata describes no network:\n✖ rule is missing\n✖ spec is missing$/);
  for (const name of ['hebb', 'constructor', '__proto__', 'toString']) {
    refused({ ...good, rule: name }, new RegExp(`✖ rule is "${name}": .*"bp".*"fa"`));
    refused(
      withSpec({ model: name }),
      new RegExp(`the "spec" in its metadata describes no network:\\n✖ model is "${name}": .*"lenet5"`),
    );
    refused(withSpec({ activation: name }), new RegExp(`✖ activation is "${name}": .*"relu"`));
    refused({ ...good, model: name }, new RegExp(`"model" in its metadata is ${name}, its "spec" describes a lenet5`));
  }
  refused({ ...good, spec: '{' }, /the "spec" in its metadata is not JSON/);
  refused({ ...good, spec: 'null' }, /"spec" in its metadata describes no network/);
  refused({ ...good, spec: '[]' }, /"spec" in its metadata describes no network/);
});

test('a network is no larger than sense allows: 65,536 classes, 64 channels, 1,024 rows and columns', async (t) => {
  const refused = (changes: object, message: RegExp) =>
    t.throws(() => parseNetworkMetadata(withSpec(changes), 'x'), { constructor: UserError, message });
  for (const classes of [1e9, 65_537, 1, 0, -1, 10.5, '10', null]) refused({ classes }, /✖ classes/);
  for (const inputShape of [[1, 28], [1, 28, 28, 1], [0, 28, 28], [65, 28, 28], [1, 1025, 28], [1, 28, 1e300], '1']) {
    refused({ inputShape }, /✖ inputShape/);
  }
  refused({ mean: [0.1, 0.2] }, /✖ mean is .*: one a channel is expected/);
  refused({ std: [] }, /✖ std is .*: one a channel is expected/);
  refused({ std: [0] }, /✖ std\[0\] is 0/);
  refused({ mean: ['0'] }, /✖ mean\[0\] is "0"/);
  refused({ depth: 4 }, /✖ Unrecognized key: "depth"/);
  t.equal(parseNetworkMetadata(withSpec({ classes: 65_536, inputShape: [1, 1024, 1024] }), 'x').spec.classes, 65_536);
});
