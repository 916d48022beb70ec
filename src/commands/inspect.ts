import { type AttackName, attacks } from '../attacks/index.js';
import type { Dataset } from '../datasets/dataset.js';
import { type DatasetName, datasets } from '../datasets/index.js';
import { UserError } from '../errors.js';
import { checkClasses } from '../experiment/data.js';
import { runData, runNetworks } from '../experiment/finished-run.js';
import { silent } from '../experiment/progress.js';
import { runConfig } from '../experiment/run-files.js';
import { type LossName, losses } from '../losses/index.js';
import { ExampleMaker } from '../metrics/examples.js';
import { createNetwork, networkSpec } from '../models/create.js';
import { Network } from '../models/network.js';
import { DifferenceQuotients } from '../models/trace-check.js';
import { equation } from '../models/trace-equation.js';
import { parsePlace } from '../models/trace-place.js';
import { summaryOf } from '../models/trace-summary.js';
import { Tracer } from '../models/tracer.js';
import { displayName } from '../report/names.js';
import { wrap } from '../report/text.js';
import {
  agrees,
  backwardText,
  type CheckedNumber,
  forwardText,
  mapsText,
  type NamedTrace,
  outputText,
  placeText,
  slopesAt,
} from '../report/trace/text.js';
import { rules } from '../rules/index.js';
import type { GradientPath } from '../rules/path.js';
import { loadKernels } from '../tensor/backends.js';
import { firstImages, imageBatch } from '../tensor/images.js';
import { train } from '../training/train.js';
import { percent, printableName, short } from '../words.js';
import { interruptible } from './interrupt.js';
import { widthOf } from './terminal.js';

/** The options of `npm start -- inspect`. */
export interface InspectOptions {
  readonly image?: number;
  readonly data?: string;
  readonly at?: string;
  readonly epsilon?: number;
  readonly attack?: AttackName;
  readonly path?: GradientPath;
  readonly loss?: LossName;
  readonly iterations?: number;
  readonly seed?: number;
  readonly json?: boolean;
}

/** What is trained where no run is given: enough to see gradients that have learned something, in seconds. */
const SMALL = { images: 10_000, epochs: 3 } as const;

interface Subject {
  readonly dataset: Dataset;
  readonly seed: number;
  readonly networks: ReadonlyMap<string, Network<Float32Array>>;
}

/**
 * `npm start -- inspect [folder]`: one image's way up through each network of a run and the error's way down, layer by
 * layer; with --at, one number with the sum that makes it.
 *
 * @throws {UserError} if the folder holds no run, or an option is unusable
 */
export async function inspectCommand(folder: string | undefined, options: InspectOptions): Promise<void> {
  const { image: index = 0, epsilon = 0, attack: attackName = 'bim', path = 'feedback', iterations } = options;
  const [attack, loss] = [attacks[attackName], losses[options.loss ?? 'cross-entropy']];
  const { dataset, networks, seed } = await (folder === undefined
    ? smallSubject(options.data, options.seed ?? 1)
    : runSubject(folder, options.data, options.seed));
  checkClasses(options.loss ?? 'cross-entropy', dataset);
  const last = dataset.test.count - 1;
  if (index > last) {
    throw new UserError(
      `--image "${index}": must be a whole number from 0 to ${last}, the last test image. Try --image ${last}.`,
    );
  }
  const { images, labels } = imageBatch(dataset.test, dataset.shape, index, 1);
  const seen = [...networks].map(([rule, network]) => {
    let image = images.data;
    if (epsilon > 0) {
      const settings = { attack, epsilon, iterations, path, loss, seed };
      image = new ExampleMaker(network, 1).make(image, labels, index, settings).adversarial.slice();
    }
    const trace = new Tracer(network).trace(image, labels[0], loss);
    return { rule, network, image, trace, name: displayName(rule) };
  });
  const numbers = (options.at === undefined ? [] : seen).map(({ name, network, image, trace }): CheckedNumber => {
    const place = parsePlace(options.at as string, trace);
    return { name, trace, place, quotient: new DifferenceQuotients(network).at(place, image, labels[0], loss) };
  });
  const what = {
    dataset: dataset.name,
    image: index,
    label: labels[0],
    classes: dataset.classes,
    loss: options.loss ?? 'cross-entropy',
    adversarial: epsilon > 0 ? { attack: attackName, epsilon, path } : null,
  };
  if (options.json) {
    const each = Object.fromEntries(seen.map(({ rule, trace }) => [rule, summaryOf(trace)]));
    const at = Object.fromEntries(numbers.map((number, i) => [seen[i].rule, numberJson(number)]));
    process.stdout.write(
      `${JSON.stringify({ ...what, networks: each, ...(numbers.length > 0 && { at }) }, null, 2)}\n`,
    );
    return;
  }
  const width = widthOf(process.stdout);
  const made =
    epsilon > 0 ? `, moved by ${attack.label} at ε = ${short(epsilon)} along the ${path} path of each network` : '';
  const title = `Image ${index} of the test images of ${datasets[dataset.name as keyof typeof datasets].title}, a ${printableName(dataset.classes[labels[0]])}${made}.`;
  const shown = numbers.length > 0 ? placeText(numbers, width) : wholeText(seen, dataset.classes, loss.title, width);
  process.stdout.write(`${wrap(title, width)}\n\n${shown}\n`);
}

function numberJson({ trace, place, quotient }: CheckedNumber) {
  const { name, value, formula, constant, terms, inputs } = equation(trace, place, 'own');
  const { own, exact } = slopesAt(trace, place);
  return {
    name,
    value,
    formula,
    constant,
    terms,
    inputs,
    slope: { own, true: exact, quotient, agrees: agrees(own, quotient) },
  };
}

function wholeText(networks: readonly NamedTrace[], classes: readonly string[], loss: string, width: number): string {
  const sentences = networks.map(({ name, trace }) => {
    const { prediction, label, layers } = trace;
    const taken = printableName(classes[prediction]);
    const verdict = prediction === label ? `is right: ${taken}` : `takes it for a ${taken}`;
    const { own, errorAngle } = layers[0];
    const reaches =
      own.error.zeros === 1
        ? 'The error that reaches the pixels is exactly zero everywhere: an attack along this path would not move.'
        : `The error reaches the pixels at ${errorAngle === undefined ? 'no angle' : `${errorAngle.toFixed(1)}°`} to the true one, ${percent(own.error.zeros)} of it zeros.`;
    return wrap(`${name} ${verdict} (${loss} ${short(trace.loss)}). ${reaches}`, width);
  });
  return [
    mapsText(networks, width),
    `Forward\n${forwardText(networks, width)}`,
    outputText(networks, classes, width),
    `${wrap("Backward: δ is the error sent below a layer, dW its weights' gradient, ∠ true the angle to backpropagation's", width)}\n${backwardText(networks, width)}`,
    sentences.join('\n'),
  ].join('\n\n');
}

async function runSubject(folder: string, data: string | undefined, seed: number | undefined): Promise<Subject> {
  const config = await runConfig(folder);
  const kernels = await loadKernels(config.backend);
  const networks = new Map<string, Network<Float32Array>>();
  const { dataset } = await interruptible(
    (signal) => runData(folder, config, data, { progress: { ...silent, log: say }, signal }),
    () => 'Nothing was begun.',
  );
  for (const [rule, saved] of await runNetworks(folder, config, dataset, kernels, say)) {
    networks.set(rule, new Network(saved.layers, rules[saved.rule], kernels, saved.parameters));
  }
  return { dataset, networks, seed: seed ?? config.seed };
}

/** A BP and an FA network, trained on the spot. */
async function smallSubject(data: string | undefined, seed: number): Promise<Subject> {
  const dataset = await load('mnist', data);
  say(
    `No run's folder was given: training BP and FA networks on the first ${SMALL.images.toLocaleString('en')} images of MNIST, ${SMALL.epochs} epochs, seed ${seed}.`,
  );
  const networks = new Map<string, Network<Float32Array>>();
  for (const rule of ['bp', 'fa'] as const) {
    const network = createNetwork(networkSpec(dataset), { rule, seed, kernels: await loadKernels() });
    train(network, firstImages(dataset.train, SMALL.images), { epochs: SMALL.epochs, seed });
    networks.set(rule, network);
  }
  return { dataset, networks, seed };
}

const load = (name: DatasetName, directory: string | undefined): Promise<Dataset> =>
  interruptible(
    (signal) => datasets[name].load({ directory, onProgress: say, signal }),
    () => 'Nothing was begun.',
  );

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
