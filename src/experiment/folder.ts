import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { onDisk } from '../disk/faults.js';
import { makeFolder, readIfThere, remove, removeUnfinished, writeWhole } from '../disk/files.js';
import { UserError } from '../errors.js';
import { parseJsonLines } from '../schema.js';
import { type Config, parseConfigText } from './config.js';

/** One epoch of one network: a line of `metrics.jsonl`. */
export interface EpochMetrics {
  readonly rule: string;
  /** Counted from 1. */
  readonly epoch: number;
  readonly loss: number;
  /** In [0, 1]; over the images as they were met. */
  readonly trainAccuracy: number;
  readonly testAccuracy: number;
  /** At the epoch's last step. */
  readonly learningRate: number;
  readonly seconds: number;
  /** Degrees, by layer. */
  readonly gradientAngles: Readonly<Record<string, number | null>>;
  readonly weightAngles?: Readonly<Record<string, number | null>>;
}

/** The folder that a run leaves its files in; each is written to a temporary name and renamed. */
export class RunFolder {
  private metrics: EpochMetrics[] = [];

  private constructor(readonly path: string) {}

  /**
   * Opens a run's folder: a new one, or an unfinished one of the same configuration, which the run then goes on from.
   *
   * @throws {UserError} if it holds a finished run, or one of another configuration, and `force` is not set.
   */
  static async open(path: string, config: Config, force: boolean): Promise<RunFolder> {
    const folder = new RunFolder(path);
    if (force) await folder.clear();
    if (existsSync(folder.file('results.json'))) {
      throw new UserError(
        `${path} holds a finished run, which is never overwritten unasked. Choose another folder with --out, or say --force to replace it.`,
      );
    }
    const found = await folder.read('config.json');
    if (found) {
      const begun = parseConfigText(found.toString(), folder.file('config.json'));
      if (!isDeepStrictEqual(begun, config)) {
        throw new UserError(
          `${path} holds an unfinished run with other options. Go on from it with --config ${folder.file('config.json')}, choose another folder with --out, or say --force to replace it.`,
        );
      }
      await folder.readMetrics();
    }
    await makeFolder(path);
    await removeUnfinished(path);
    await folder.write('config.json', `${JSON.stringify(config, null, 2)}\n`);
    return folder;
  }

  file(name: string): string {
    return join(this.path, name);
  }

  async write(name: string, content: string | Uint8Array): Promise<void> {
    await writeWhole(this.file(name), content);
  }

  /** The file's bytes; undefined where there is none. */
  async read(name: string): Promise<Buffer | undefined> {
    return readIfThere(this.file(name));
  }

  async remove(name: string): Promise<void> {
    await remove(this.file(name));
  }

  /** Adds an epoch's line, in the place of any that an interrupted run left for that epoch or later ones. */
  async addMetrics(line: EpochMetrics): Promise<void> {
    this.metrics = this.metrics.filter(({ rule, epoch }) => rule !== line.rule || epoch < line.epoch);
    this.metrics.push(line);
    await this.write('metrics.jsonl', this.metrics.map((each) => `${JSON.stringify(each)}\n`).join(''));
  }

  metricsOf(rule: string): readonly EpochMetrics[] {
    return this.metrics.filter((line) => line.rule === rule);
  }

  private async readMetrics(): Promise<void> {
    const bytes = await this.read('metrics.jsonl');
    const advice = 'Delete it to go on without the lines it had.';
    this.metrics = parseJsonLines(
      new TextDecoder().decode(bytes),
      this.file('metrics.jsonl'),
      advice,
    ) as EpochMetrics[];
  }

  /** Removes a run's own files, and nothing else that lies in the folder. */
  private async clear(): Promise<void> {
    const own = [
      /^(config|results|audit)\.json$/,
      /^(results|audit)\.csv$/,
      /^metrics\.jsonl$/,
      /\.safetensors$/,
      /^figure-\w+\.(svg|png)$/,
    ];
    if (!existsSync(this.path)) return;
    const names = await onDisk('read', this.path, () => readdir(this.path));
    for (const name of names) if (own.some((pattern) => pattern.test(name))) await this.remove(name);
  }
}
