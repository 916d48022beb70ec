/* The networks that are measured, and their images. */
import { datasets } from '../src/datasets/index.js';
import { networkSpec } from '../src/models/create.js';
import type { NetworkSpec } from '../src/models/index.js';
import type { LabelledImages } from '../src/tensor/images.js';

/** A network and its data set; an epoch has all training images. */
export interface Subject {
  readonly title: string;
  readonly spec: NetworkSpec;
  readonly train: LabelledImages;
  readonly test: LabelledImages;
}

/** Loads the default job's network and data: LeNet-5 and MNIST. */
export async function lenetOnMnist(): Promise<Subject> {
  const dataset = await datasets.mnist.load();
  return { title: 'LeNet-5 on MNIST', spec: networkSpec(dataset), train: dataset.train, test: dataset.test };
}

/** Loads ResNet-20 and CIFAR-10: about a hundred times as many operations per image. */
export async function resnetOnCifar10(): Promise<Subject> {
  const dataset = await datasets.cifar10.load();
  const spec = networkSpec(dataset, { model: 'resnet20' });
  return { title: 'ResNet-20 on CIFAR-10', spec, train: dataset.train, test: dataset.test };
}
