/* The peers that run in Node, from the packages in bench/peers/node_modules. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { datasets } from '../../src/datasets/index.js';
import { median } from '../measure.js';
import { BATCH, jsonIn, type PeerTime, peersFolder, runProgram, wholeWork } from './peer.js';

/** A package and the script that times its mini-batches. */
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
 * Measures the time of a BP epoch from a few of its mini-batches; installs the packages first if necessary.
 *
 * @throws {Error} if it can't be installed or run; the message gives the reason
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

/**
 * Installs the packages of bench/peers/package-lock.json, separately from the project's own; doesn't run their
 * scripts.
 */
async function install(): Promise<void> {
  const npm = process.env.npm_execpath ?? join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js');
  const options = ['--prefix', peersFolder, '--ignore-scripts', '--no-audit', '--no-fund'];
  await runProgram(process.execPath, [npm, 'ci', ...options]);
}
