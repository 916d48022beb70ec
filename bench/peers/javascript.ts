/* The peers that run in Node, from packages of their own in bench/peers/node_modules. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { datasets } from '../../src/datasets/index.js';
import { median } from '../measure.js';
import { BATCH, jsonIn, type PeerTime, peersFolder, runProgram, wholeWork } from './peer.js';

/** A package whose script times mini-batches. */
export interface JavaScriptPeer {
  readonly name: string;
  readonly package: string;
  readonly script: string;
  readonly note: string;
}

export const tfjs: JavaScriptPeer = {
  name: 'TensorFlow.js',
  package: '@tensorflow/tfjs',
  script: 'tfjs.mjs',
  note: 'CPU backend',
};

export const jaxJs: JavaScriptPeer = {
  name: 'jax-js',
  package: '@jax-js/jax',
  script: 'jax-js.mjs',
  note: 'wasm backend',
};

const manifest = (name: string): string => join(peersFolder, 'node_modules', ...name.split('/'), 'package.json');

/**
 * The time of a BP epoch, from a few of its mini-batches; installs the packages first if they aren't there.
 *
 * @throws {Error} if it can't be installed or run; the message says why
 */
export async function javascriptPeer(peer: JavaScriptPeer, batches: number): Promise<PeerTime> {
  if (!existsSync(manifest(peer.package))) await install();
  const parameters = [join(peersFolder, peer.script), datasets.mnist.folder(), `${batches}`];
  const { seconds } = jsonIn<{ seconds: number[] }>(await runProgram(process.execPath, parameters));
  const { version } = JSON.parse(readFileSync(manifest(peer.package), 'utf8'));
  return {
    peer: `${peer.name} ${version}`,
    work: 'bp',
    seconds: (median(seconds) * wholeWork.bp) / BATCH,
    threads: 1,
    images: BATCH * batches,
    note: peer.note,
  };
}

/** The packages of bench/peers/package-lock.json, apart from the project's own; none of their scripts is run. */
async function install(): Promise<void> {
  const npm = process.env.npm_execpath ?? join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js');
  const options = ['--prefix', peersFolder, '--ignore-scripts', '--no-audit', '--no-fund'];
  await runProgram(process.execPath, [npm, 'ci', ...options]);
}
