/*
 * What holds memory of the kernels, or hangs on something that does, refuses once that was given back: it would read
 * another network's numbers, and write over them. All of it is walked through here. What is to be tried follows from the
 * library's types: an exported function that takes a network, and a method of what such functions make, must have its
 * entry below, or this file doesn't compile.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'tap';
import { type AttackMemory, attackMemory } from '../../src/attacks/attack.js';
import * as library from '../../src/index.js';
import { Training } from '../../src/lab/engine/training.js';
import { plans, ruleTraining } from '../../src/lab/plans.js';
import type { Workspace } from '../../src/models/workspace.js';
import { randomLabels, sameBits } from '../helpers/arrays.js';
import { mnistSpec, noiseImages } from '../helpers/networks.js';

type Net = library.Network<Float32Array>;
type Library = typeof library;

/** The exports that take a value of this type as one of their arguments; `parseConfig` takes anything, to refuse it. */
type Taking<Value> = {
  [Name in Exclude<keyof Library, 'parseConfig'>]: Value extends ArgumentsOf<Library[Name]>[number] ? Name : never;
}[Exclude<keyof Library, 'parseConfig'>];

type ArgumentsOf<Export> = Export extends (...given: infer Given) => unknown
  ? Given
  : Export extends new (
        ...given: infer Given
      ) => unknown
    ? Given
    : readonly never[];

/** A call of each method that anyone may call, but the one that gives the memory back. */
type Calls<Holder> = Readonly<
  Record<
    Exclude<
      {
        [Name in keyof Holder]-?: Holder[Name] extends ((...args: never[]) => unknown) | undefined ? Name : never;
      }[keyof Holder],
      'release'
    >,
    () => unknown
  >
>;

const count = 2;
const images = noiseImages(count, [1, 28, 28]);
const image = images.data.slice(0, 784);
const labels = randomLabels(count, 10, 1);
const pictures = { pixels: Uint8Array.from(images.data, (x) => 255 * x), labels, count };
const loss = library.losses.margin;
const question = { path: 'feedback', loss } as const;
const rule = library.rules.fa;
const plan = { ...library.defaultTraining, batchSize: 1 };
const example = { ...question, attack: library.attacks.apgd, epsilon: 0.1, iterations: 2, seed: 1 };
const place = { layer: 1, tensor: 'weight', offset: 0, index: [0, 0, 0, 0] } as const;

/** Something to call after a release, each by its name. */
type Tried = Readonly<Record<string, () => unknown>>;

/** Every export that takes a network. */
const takingNetworks = {
  accuracy: (network) => library.accuracy(network, images, labels),
  alignment: (network) => library.alignment(network, pictures),
  DifferenceQuotients: (network) => new library.DifferenceQuotients(network),
  ExampleMaker: (network) => new library.ExampleMaker(network, 1),
  networkOracle: (network) => library.networkOracle(network, question, count),
  Tracer: (network) => new library.Tracer(network),
  train: (network) => library.train(network, pictures),
  Trainer: (network, memory) => new library.Trainer(network, pictures, plan, memory),
  trainingMemory: (network) => library.trainingMemory(network, plan),
} satisfies Record<Taking<Net>, (network: Net, memory: library.TrainingMemory) => unknown>;

/** Every export that takes a network's parameters. */
const takingParameters = {
  Network: ({ layers, kernels }, parameters) => new library.Network(layers, rule, kernels, parameters),
  saveNetwork: (_, parameters) => library.saveNetwork(mnistSpec, 'fa', parameters),
} satisfies Record<
  Taking<library.Parameters<Float32Array>>,
  (network: Net, parameters: library.Parameters<Float32Array>) => unknown
>;

/** Every export that takes training memory, but the one that gives it back. */
const takingMemory = {
  Trainer: (network, memory) => new library.Trainer(network, pictures, plan, memory),
} satisfies Record<
  Exclude<Taking<library.TrainingMemory>, 'freeTrainingMemory'>,
  (network: Net, memory: library.TrainingMemory) => unknown
>;

const bound = <Of extends readonly unknown[]>(
  table: Readonly<Record<string, (...given: Of) => unknown>>,
  ...given: Of
): Tried => Object.fromEntries(Object.entries(table).map(([name, call]) => [name, () => call(...given)]));

const ofNetwork = (network: Net): Calls<Net> => ({
  logits: () => network.logits(images),
  predict: () => network.predict(images),
  inputGradient: () => network.inputGradient(images, labels, question),
  workspace: () => network.workspace(1),
  answers: () => network.answers(1),
});

/** One that has just made a whole pass. */
function ofWorkspace(workspace: Workspace<Float32Array>): Calls<Workspace<Float32Array>> {
  const calls = {
    forward: () => workspace.forward(1),
    forwardFrom: () => workspace.forwardFrom(1, 1),
    evaluateLoss: () => workspace.evaluateLoss(loss, labels, 1),
    backward: () => workspace.backward(1, { rule, toPixels: true }),
    pixelGradient: () => workspace.pixelGradient(labels, 1, question),
    predictions: () => workspace.predictions(1),
  };
  for (const call of Object.values(calls)) call();
  return calls;
}

const ofOracle = (oracle: library.NetworkOracle<Float32Array>): Calls<library.NetworkOracle<Float32Array>> => ({
  gradient: () => oracle.gradient(images.data, labels, count),
  query: () => oracle.query(images.data, labels, count),
  toward: () => oracle.toward?.(images.data, labels, Uint8Array.of(3, 4), count),
  predictions: () => oracle.predictions(count),
});

const ofMaker = (maker: library.ExampleMaker): Calls<library.ExampleMaker> => ({
  make: () => maker.make(image, labels.subarray(0, 1), 0, example),
});

const ofTracer = (tracer: library.Tracer<Float32Array>): Calls<library.Tracer<Float32Array>> => ({
  trace: () => tracer.trace(image, 3, loss),
});

const ofQuotients = (quotients: library.DifferenceQuotients): Calls<library.DifferenceQuotients> => ({
  at: () => quotients.at(place, image, 3, loss),
});

function ofTrainer(trainer: library.Trainer): Calls<library.Trainer> & Tried {
  const underWay = trainer.steps(0, library.solo());
  underWay.next();
  return {
    runEpoch: () => trainer.runEpoch(0, library.solo()),
    steps: () => trainer.steps(0, library.solo()).next(),
    'steps that are under way': () => underWay.next(),
  };
}

const ofAttackMemory = (memory: AttackMemory): Calls<AttackMemory> & Tried => ({
  extra: () => memory.extra('best'),
  x: () => memory.x,
  clean: () => memory.clean,
  direction: () => memory.direction,
  'an attack': () =>
    library.attacks.fgsm.run(
      { images: image, labels, n: 1, gradient: (x) => x },
      { epsilon: 0.1 },
      memory,
      new Float32Array(784),
    ),
});

const ofLabTraining = (training: Training): Calls<Training> => ({ advance: () => training.advance(1, 1e9) });

/** What hangs on a network, each used once already. */
function hangingOn(network: Net, memory: library.TrainingMemory): Readonly<Record<string, Tried>> {
  const { parameters } = network;
  return {
    'exports that take a network': bound<[Net, library.TrainingMemory]>(takingNetworks, network, memory),
    'exports that take parameters': bound<[Net, library.Parameters<Float32Array>]>(
      takingParameters,
      network,
      parameters,
    ),
    Network: { ...ofNetwork(network), parameters: () => network.parameters },
    'another network of the same parameters': ofNetwork(
      new library.Network(network.layers, rule, network.kernels, parameters),
    ),
    Workspace: ofWorkspace(network.workspace(1)),
    NetworkOracle: ofOracle(library.networkOracle(network, question, count)),
    'perturb with such an oracle': {
      perturb: () =>
        library.perturb(library.attacks.bim, images, labels, library.networkOracle(network, question, count), {
          epsilon: 0.1,
        }),
    },
    ExampleMaker: ofMaker(new library.ExampleMaker(network, 1)),
    Tracer: ofTracer(new library.Tracer(network)),
    DifferenceQuotients: ofQuotients(new library.DifferenceQuotients(network)),
    Trainer: ofTrainer(new library.Trainer(network, pictures, plan, memory)),
  };
}

/** What holds memory of its own, how that is given back, and what is tried then. */
function holding(network: Net, memory: library.TrainingMemory): Readonly<Record<string, [() => void, Tried]>> {
  const maker = new library.ExampleMaker(network, 1);
  const attack = attackMemory(network.kernels, 1, 784);
  const settings = { rule: 'fa', seed: 1, activation: 'relu', initializer: 'kaiming-uniform' } as const;
  const training = new Training(network, pictures, { ...settings, ...ruleTraining(plans.tuned, 'fa') });
  return {
    ExampleMaker: [() => maker.release(), ofMaker(maker)],
    AttackMemory: [() => attack.release(), ofAttackMemory(attack)],
    'the lab’s Training': [() => training.release(), ofLabTraining(training)],
    TrainingMemory: [
      () => library.freeTrainingMemory(network.kernels, memory),
      {
        ...bound<[Net, library.TrainingMemory]>(takingMemory, network, memory),
        ...ofTrainer(new library.Trainer(network, pictures, plan, memory)),
      },
    ],
  };
}

const kinds: Readonly<Record<string, () => Promise<library.Kernels<Float32Array>>>> = {
  'simd kernels': () => library.loadKernels('simd'),
  'reference kernels on a heap': () => library.loadKernels('reference', new library.Heap()),
  'reference kernels without a heap': async () => library.referenceKernels(),
};

for (const [kind, load] of Object.entries(kinds)) {
  test(`whatever hangs on a released network refuses, and leaves the next network alone (${kind})`, async (t) => {
    const kernels = await load();
    const network = library.createNetwork(mnistSpec, { rule: 'fa', kernels });
    const memory = library.trainingMemory(network, plan);
    const hanging = hangingOn(network, memory);
    for (const calls of Object.values(hanging)) for (const call of Object.values(calls)) call();
    const again = hangingOn(network, memory); // whose passes and steps are under way
    network.release();
    t.doesNotThrow(() => network.release(), 'a second time does nothing');
    const next = library.createNetwork(mnistSpec, { rule: 'fa', seed: 2, kernels });
    const { values, feedback } = next.parameters;
    const [before, beforeFeedback] = [values.slice(), feedback.slice()];
    for (const [holder, calls] of Object.entries(again)) {
      for (const [name, call] of Object.entries(calls)) t.throws(call, /was released/, `${holder}: ${name}`);
    }
    t.ok(sameBits(values, before) && sameBits(feedback, beforeFeedback));
  });

  test(`whatever holds memory refuses after its release, and leaves the next network alone (${kind})`, async (t) => {
    const kernels = await load();
    const network = library.createNetwork(mnistSpec, { rule: 'fa', kernels });
    for (const [, calls] of Object.values(holding(network, library.trainingMemory(network, plan)))) {
      for (const call of Object.values(calls)) call();
    }
    for (const [holder, [release, calls]] of Object.entries(holding(network, library.trainingMemory(network, plan)))) {
      release();
      t.doesNotThrow(release, `${holder}: a second time does nothing`);
      const next = library.createNetwork(mnistSpec, { rule: 'fa', seed: 2, kernels });
      const before = next.parameters.values.slice();
      for (const [name, call] of Object.entries(calls)) t.throws(call, /was released/, `${holder}: ${name}`);
      t.ok(sameBits(next.parameters.values, before), holder);
      next.release();
    }
  });
}

test('an ExampleMaker that goes on after its release corrupts no other network', async (t) => {
  const kernels = await library.loadKernels();
  const network = library.createNetwork(mnistSpec, { rule: 'fa', kernels });
  const maker = new library.ExampleMaker(network, 200); // as large as a network
  maker.release();
  const other = library.createNetwork(mnistSpec, { rule: 'fa', seed: 2, kernels });
  const before = other.logits(images).data.slice();
  t.throws(
    () => maker.make(image, labels.subarray(0, 1), 0, example),
    /^make: the ExampleMaker was released; one that still has its memory is expected \(make it anew, or release it/,
  );
  t.ok(sameBits(other.logits(images).data, before));
});

test('the arrays of what was given back are known to the kernels, and an array is given back once', async (t) => {
  for (const load of Object.values(kinds)) {
    const kernels = await load();
    const [array, other] = [kernels.alloc(100), kernels.alloc(100)];
    kernels.free(array);
    const again = kernels.alloc(100).fill(3); // at the same place, where there is a heap
    t.throws(() => kernels.free(array), /given back twice/);
    t.ok(again.every((value) => value === 3));
    if (kernels.backend === 'simd') t.throws(() => kernels.relu(array, other, 100), /an array was released/);
  }
});

/** Where the sources ask for memory of the kernels, and what becomes of it. */
const takers: Readonly<Record<string, string>> = {
  'attacks/attack.ts': 'AttackMemory, above',
  'attacks/perturb.ts': 'AttackMemory of its own kernels',
  'commands/gradcheck.ts': 'kernels of its own, which nothing outlives',
  'experiment/gallery.ts': 'kernels of its own, which nothing outlives',
  'experiment/train.ts': 'TrainingMemory, above',
  'lab/engine/training.ts': 'the lab’s Training, above',
  'layers/batch-norm.ts': 'the workspaces’, as long as the kernels',
  'layers/conv2d.ts': 'as long as the kernels',
  'layers/max-pool.ts': 'the workspaces’, as long as the kernels',
  'layers/normalize.ts': 'the workspaces’, as long as the kernels',
  'metrics/adversarial-accuracy.ts': 'as long as the thread',
  'metrics/alignment.ts': 'given back before it returns',
  'metrics/examples.ts': 'ExampleMaker, above',
  'metrics/gradient-check.ts': 'kernels of its own, which nothing outlives',
  'models/checkpoint.ts': 'Network, above',
  'models/create.ts': 'Network, above',
  'models/network.ts': 'Network, above',
  'models/parameters.ts': 'Network, above',
  'models/pass-memory.ts': 'as long as the kernels',
  'models/pass-places.ts': 'the workspaces’, as long as the kernels',
  'models/trace-check.ts': 'kernels of its own; DifferenceQuotients, above',
  'models/tracer.ts': 'given back before it returns',
  'parallel/memory-need.ts': 'a heap of its own, which nothing outlives',
  'training/adam.ts': 'TrainingMemory, above',
  'training/feedback.ts': 'TrainingMemory, above',
  'training/memory.ts': 'TrainingMemory, above',
  'training/sgd.ts': 'TrainingMemory, above',
  'training/train.ts': 'TrainingMemory, given back before it returns',
};

test('every source file that asks for memory of the kernels, or gives it back, is known here', async (t) => {
  const src = fileURLToPath(new URL('../../../src/', import.meta.url));
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.ts') && !file.startsWith('tensor/'));
  const asks =
    /(?<!Buffer\.)\b(alloc|allocIndices|attackMemory|trainingMemory|initialParameters)\((?!length: number)|\bheap\.(float32|float64|int32)\(|^ {2}release\(\)/m;
  const codeOf = (file: string) => readFileSync(join(src, file), 'utf8').replace(/^\s*(\*|\/\/).*$/gm, '');
  t.same(files.filter((file) => asks.test(codeOf(file))).sort(), Object.keys(takers).sort());
});
