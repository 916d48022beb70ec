import { join } from 'node:path';
import { checkNamed, readIfThere, readTextIfThere } from '../disk/files.js';
import { UserError } from '../errors.js';
import { readNetwork, type SavedNetwork } from '../models/checkpoint.js';
import type { RuleName } from '../rules/index.js';
import type { Kernels } from '../tensor/kernels.js';
import { type Config, parseConfigText } from './config.js';
import { networkName } from './folder.js';

/**
 * The configuration of the run that is in a folder.
 *
 * @throws {UserError} if there is none
 */
export async function runConfig(folder: string): Promise<Config> {
  checkNamed(folder, 'The folder of the run');
  const file = join(folder, 'config.json');
  const text = await readTextIfThere(file);
  if (text === undefined) {
    throw new UserError(
      `${folder} holds no run: there is no config.json. Give a folder that the main job has written.`,
    );
  }
  return parseConfigText(text, file);
}

/**
 * A network that a finished run has left.
 *
 * @throws {UserError} if it is not there (yet), or no network
 */
export async function runNetwork(
  folder: string,
  rule: RuleName,
  kernels: Kernels<Float32Array>,
): Promise<SavedNetwork> {
  const file = join(folder, networkName(rule));
  const bytes = await readIfThere(file);
  if (!bytes) {
    throw new UserError(`${file} is not there: the run has not finished training. Give its command again to go on.`);
  }
  return readNetwork(bytes, file, kernels);
}
