import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import writeFileAtomic from 'write-file-atomic';
import { UserError } from '../errors.js';
import { type Config, parseConfigText } from './config.js';
import { type EpochMetrics, formatMetrics, parseMetrics } from './metrics.js';

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
    if (existsSync(folder.file('config.json'))) {
      const begun = parseConfigText(await readFile(folder.file('config.json'), 'utf8'), folder.file('config.json'));
      if (!isDeepStrictEqual(begun, config)) {
        throw new UserError(
          `${path} holds an unfinished run with other options. Go on from it with --config ${folder.file('config.json')}, choose another folder with --out, or say --force to replace it.`,
        );
      }
      await folder.readMetrics();
    }
    await mkdir(path, { recursive: true });
    await folder.write('config.json', `${JSON.stringify(config, null, 2)}\n`);
    return folder;
  }

  file(name: string): string {
    return join(this.path, name);
  }

  async write(name: string, content: string | Uint8Array): Promise<void> {
    await writeFileAtomic(this.file(name), typeof content === 'string' ? content : Buffer.from(content));
  }

  /** The file's bytes; undefined where there is none. */
  async read(name: string): Promise<Uint8Array | undefined> {
    return existsSync(this.file(name)) ? await readFile(this.file(name)) : undefined;
  }

  async remove(name: string): Promise<void> {
    await rm(this.file(name), { force: true });
  }

  /** Adds an epoch's line, in the place of any that an interrupted run left for that epoch or later ones. */
  async addMetrics(line: EpochMetrics): Promise<void> {
    this.metrics = this.metrics.filter(({ rule, epoch }) => rule !== line.rule || epoch < line.epoch);
    this.metrics.push(line);
    await this.write('metrics.jsonl', formatMetrics(this.metrics));
  }

  metricsOf(rule: string): readonly EpochMetrics[] {
    return this.metrics.filter((line) => line.rule === rule);
  }

  private async readMetrics(): Promise<void> {
    const bytes = await this.read('metrics.jsonl');
    this.metrics = bytes ? parseMetrics(new TextDecoder().decode(bytes), this.file('metrics.jsonl')) : [];
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
    for (const name of await readdir(this.path)) if (own.some((pattern) => pattern.test(name))) await this.remove(name);
  }
}
