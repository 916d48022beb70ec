/* The networks that are measured, and the images they see. */
import { datasets } from '../src/datasets/index.js';
import { networkSpec } from '../src/models/create.js';
import type { NetworkSpec } from '../src/models/index.js';
import type { LabelledImages } from '../src/tensor/images.js';

/** A network and its data set; an epoch is all of its training images. */
export interface Subject {
  readonly title: string;
  readonly spec: NetworkSpec;
  readonly train: LabelledImages;
  readonly test: LabelledImages;
}

/** The default job's: LeNet-5 for MNIST. */
export async function lenetOnMnist(): Promise<Subject> {
  const dataset = await datasets.mnist.load();
  return { title: 'LeNet-5 on MNIST', spec: networkSpec(dataset), train: dataset.train, test: dataset.test };
}

/** A network for CIFAR-10 with some hundred times as many operations an image. */
export async function resnetOnCifar10(): Promise<Subject> {
  const dataset = await datasets.cifar10.load();
  const spec = networkSpec(dataset, { model: 'resnet20' });
  return { title: 'ResNet-20 on CIFAR-10', spec, train: dataset.train, test: dataset.test };
}
