/** `gallery.json`: a dozen test images as a run's networks see them, without and with attack. */
import { join } from 'node:path';
import { attacks } from '../attacks/index.js';
import { GREY_RADIUS } from '../audit/checks/sanity.js';
import { writeWhole } from '../disk/files.js';
import { type LossName, losses } from '../losses/index.js';
import { ExampleMaker } from '../metrics/examples.js';
import { buildLayers } from '../models/index.js';
import { Network } from '../models/network.js';
import { softmax } from '../models/trace.js';
import type { SharedNetwork } from '../parallel/messages.js';
import type { WorkerPool } from '../parallel/pool.js';
import { chooseEpsilons } from '../report/epsilon-text.js';
import { type Gallery, type GalleryAnswers, type GalleryExample, parseGallery } from '../report/gallery/gallery.js';
import { rules } from '../rules/index.js';
import { type GradientPath, ownPath } from '../rules/path.js';
import { loadKernels } from '../tensor/backends.js';
import type { LabelledImages } from '../tensor/images.js';
import { sizeOf, tensor } from '../tensor/tensor.js';

export const GALLERY = 'gallery.json';

const IMAGES = 12;
const NETWORKS = 2;
/** Bytes of all pictures before they are compressed: with them report.html stays under 1.5 MB. */
const MOST_BYTES = 600_000;

export interface GalleryWork {
  readonly networks: ReadonlyMap<string, SharedNetwork>;
  /** The whole test set. */
  readonly images: LabelledImages;
  readonly dataset: { readonly name: string; readonly classes: readonly string[] };
  /** The audit's. */
  readonly epsilons: readonly number[];
  readonly pool: Pick<WorkerPool, 'backend'>;
}

/**
 * Attacks a few test images on BP and FA, or on the first two networks: with the paper's BIM, along the rule's own path
 * on cross-entropy, and along the true path on the margin, which no softmax saturates. Both networks answer each.
 *
 * @returns the file's name
 */
export async function writeGallery(work: GalleryWork, folder: string): Promise<string> {
  const text = `${JSON.stringify(await galleryOf(work))}\n`;
  parseGallery(text, join(folder, GALLERY));
  await writeWhole(join(folder, GALLERY), text);
  return GALLERY;
}

type Networks = ReadonlyMap<string, Network<Float32Array>>;

async function galleryOf({ networks: shared, images, dataset, epsilons, pool }: GalleryWork): Promise<Gallery> {
  // In memory of its own: the run's is counted beforehand, and this is not in it.
  const kernels = await loadKernels(pool.backend);
  const copy = (shared: Float32Array) => {
    const own = kernels.alloc(shared.length);
    own.set(shared);
    return own;
  };
  const names = ['bp', 'fa'].every((name) => shared.has(name)) ? ['bp', 'fa'] : [...shared.keys()].slice(0, NETWORKS);
  const chosen = names.map((name) => [name, shared.get(name) as SharedNetwork] as const);
  const networks: Networks = new Map(
    chosen.map(([name, { spec, rule, values, feedback }]) => [
      name,
      new Network(buildLayers(spec), rules[rule], kernels, { values: copy(values), feedback: copy(feedback) }),
    ]),
  );
  const [{ inputShape }] = [...networks.values()];
  const size = images.pixels.length / images.count;
  const perEpsilon = 2 * names.length * 2 * size; // two pictures for each of two attacks on each network
  const indices = chooseImages(images, Math.max(1, Math.min(IMAGES, Math.floor(MOST_BYTES / perEpsilon))));
  const shown = showable(epsilons, Math.floor(MOST_BYTES / (perEpsilon * indices.length)));
  const bytes = Buffer.concat(indices.map((index) => images.pixels.subarray(index * size, (index + 1) * size)));
  const labels = Uint8Array.from(indices, (index) => images.labels[index]);
  const clean = Float32Array.from(bytes, (byte) => byte / 255);
  const told = answersOf(networks, clean);
  const examples = chosen.flatMap(([source, { rule }]) =>
    examplesOn(source, ownPath(rules[rule]), shown, networks, { clean, labels }),
  );
  return {
    ...{ schema: 1, dataset: dataset.name, attack: 'bim', shape: inputShape as [1 | 3, number, number] },
    ...{ classes: dataset.classes, networks: names, examples },
    images: indices.map((index, i) => ({
      ...{ index, label: labels[i], answers: told[i] },
      pixels: bytes.subarray(i * size, (i + 1) * size).toString('base64'),
    })),
  };
}

/** The first test image of each class, then again from the first, in the order of the set. */
export function chooseImages({ labels, count }: LabelledImages, most: number): number[] {
  const seen = new Set<number>();
  const firsts: number[] = [];
  for (let i = 0; i < count; i++) {
    if (!seen.has(labels[i])) firsts.push(i);
    seen.add(labels[i]);
  }
  const chosen = new Set(firsts.slice(0, most));
  for (let i = 0; i < count && chosen.size < most; i++) chosen.add(i);
  return [...chosen].sort((a, b) => a - b);
}

/** At most so many of the audit's epsilons, but one at least, and none at which every network must fall, if there are others. */
function showable(epsilons: readonly number[], most: number): number[] {
  const small = epsilons.filter((epsilon) => epsilon < GREY_RADIUS);
  if (small.length === 0 || most < 2) return (small.length === 0 ? epsilons : small).slice(0, 1);
  return chooseEpsilons(small, most);
}

interface Clean {
  readonly clean: Float32Array;
  readonly labels: Uint8Array;
}

function examplesOn(
  source: string,
  own: GradientPath,
  epsilons: readonly number[],
  networks: Networks,
  { clean, labels }: Clean,
): GalleryExample[] {
  const maker = new ExampleMaker(networks.get(source) as Network<Float32Array>, labels.length);
  const attempts: readonly { path: GradientPath; loss: LossName }[] = [
    { path: own, loss: 'cross-entropy' },
    { path: 'true', loss: 'margin' },
  ];
  const examples = epsilons.flatMap((epsilon) =>
    attempts.flatMap(({ path, loss }) => {
      const settings = { attack: attacks.bim, epsilon, path, loss: losses[loss], seed: 0 }; // nothing in BIM is random
      const made = maker.make(clean, labels, 0, settings).adversarial.slice(0, clean.length);
      const told = answersOf(networks, made);
      const bytes = Buffer.from(made.map((pixel) => Math.round(255 * pixel)));
      const size = bytes.length / labels.length;
      return told.map((answers, image) => ({
        ...{ image, source, path, loss, epsilon, answers },
        pixels: bytes.subarray(image * size, (image + 1) * size).toString('base64'),
      }));
    }),
  );
  maker.release();
  return examples;
}

/** What each network says to each image. */
function answersOf(networks: Networks, images: Float32Array): GalleryAnswers[] {
  const all = [...networks].map(([name, network]) => {
    const size = sizeOf(network.inputShape);
    const { data } = network.logits(tensor(images, [images.length / size, ...network.inputShape]));
    return { name, classes: network.classes, logits: data as Float32Array };
  });
  const [{ logits, classes }] = all;
  return Array.from({ length: logits.length / classes }, (_, i) =>
    Object.fromEntries(
      all.map((each) => {
        const own = each.logits.subarray(i * classes, (i + 1) * classes);
        if (!own.every(Number.isFinite)) return [each.name, null];
        const shares = softmax(own);
        const confidence = Math.max(...shares);
        return [each.name, { class: shares.indexOf(confidence), confidence }];
      }),
    ),
  );
}
