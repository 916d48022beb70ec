import { existsSync } from 'node:fs';
import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { called } from '../called.js';
import { onDisk } from '../disk/faults.js';
import { makeFolder, readIfThere, readTextIfThere, remove, removeUnfinished, writeWhole } from '../disk/files.js';
import { UserError } from '../errors.js';
import { type Lock, withLock } from '../lock.js';
import { parseResults } from '../report/run/results.js';
import { type RuleName, rules } from '../rules/index.js';
import { type Config, parseConfigText, sameRun } from './config.js';
import { KeptPieces } from './kept.js';
import { type EpochMetrics, formatMetrics, parseMetrics, withoutTornLine } from './metrics.js';

/** The file in which a rule's trained network is kept. */
export const networkName = (rule: RuleName): string => `${rule}.safetensors`;

/** The file in which a network is kept that is still being trained. */
export const checkpointName = (rule: RuleName): string => `${rule}.checkpoint.safetensors`;

/** What a run writes beside its networks. */
const OTHER_FILES =
  /^((config|results|audit|gallery)\.json|(results|audit)\.csv|metrics\.jsonl|report\.html|figure-[a-z]\.(svg|png))$/;

/** Whether a run that trains by these rules writes a file of this name. */
const isRunFile = (name: string, trained: readonly RuleName[]): boolean =>
  OTHER_FILES.test(name) || trained.some((rule) => name === networkName(rule) || name === checkpointName(rule));

const trainedBy = ({ training }: Config): RuleName[] => Object.keys(training) as RuleName[];

/** How a run's folder is opened. */
export interface OpenOptions {
  /** Whether a run that is there already may be replaced. */
  readonly force: boolean;
  /** Whether the person at the keyboard can ask for that with `--force`; true unless said otherwise. */
  readonly forceable?: boolean | undefined;
  /** Told what became of files that were in the way. */
  readonly log: (line: string) => void;
}

/** Told who works in a folder, if that is to be waited for, until the signal is aborted. */
export interface Waiting extends Pick<Lock, 'onWait' | 'signal'> {
  /** How another folder is chosen, `--out` unless said otherwise; undefined where it can't be. */
  readonly other?: string | undefined;
}

/** The folder that a run leaves its files in; each is written to a temporary name and renamed. */
export class RunFolder {
  private metrics: readonly EpochMetrics[] = [];
  /** The last writing of the metrics: of several trainings at a time, the next waits for it. */
  private metricsWritten: Promise<void> = Promise.resolve();

  private constructor(
    readonly path: string,
    private readonly rules: readonly RuleName[],
    private readonly forceable: boolean,
  ) {}

  /**
   * What a person can do where something in the folder is in the way of the run.
   *
   * @param force what `--force` would do
   */
  instead(force = ' to train anew'): string {
    const other = 'choose another folder with --out';
    return this.forceable ? `${other}, or say --force${force}.` : `${other}, or remove ${this.path} to train anew.`;
  }

  /**
   * Does work in a run's folder, which is made if it isn't there, while no other run or audit works in it.
   *
   * @throws {UserError} if another one does, and that is not to be waited for
   */
  static async locked<Result>(
    path: string,
    work: () => Promise<Result>,
    { onWait, signal, ...options }: Waiting = {},
  ): Promise<Result> {
    await makeFolder(path);
    const { other } = { other: '--out', ...options };
    const advice = `Wait for it to end${other === undefined ? '' : `, or choose another folder with ${other}`}.`;
    return await withLock({ file: join(path, 'run.lock'), subject: path, advice, onWait, signal }, work);
  }

  /**
   * Opens a run's folder: a new one, or an unfinished one of the same configuration, which the run then goes on from.
   * Nothing is written before {@link begin}. To be called under the folder's lock.
   *
   * @throws {UserError} if it holds a finished run, one of another configuration, or files that nobody can tell the
   *   owner of, and `force` is not set.
   */
  static async open(path: string, config: Config, { force, forceable = true, log }: OpenOptions): Promise<RunFolder> {
    const folder = new RunFolder(path, trainedBy(config), forceable);
    if (force) await folder.clear(config, log);
    if (existsSync(folder.file('results.json'))) {
      const audit = existsSync(folder.file('audit.json'))
        ? ''
        : ` It has no audit (yet): \`${called(`audit ${path}`)}\` makes one.`;
      throw new UserError(
        `${path} holds a finished run, which is never overwritten unasked.${audit} ${sentence(folder.instead(' to replace it'))}`,
      );
    }
    const found = await folder.readText('config.json');
    if (found === undefined) {
      await folder.refuseStrangers();
      return folder;
    }
    const advice = `Restore it from a copy, choose another folder with --out, or remove ${path}.`;
    const begun = parseConfigText(found, folder.file('config.json'), advice);
    if (!sameRun(begun, config)) {
      throw new UserError(
        `${path} holds an unfinished run with other options. Go on from it with --config ${folder.file('config.json')}, ${folder.instead(' to replace it')}`,
      );
    }
    // That the data are those of before, wherever they lie, the networks' training hashes tell.
    if (begun.data !== config.data) {
      log(
        `${folder.file('config.json')} names the data in ${place(begun)}; the run goes on with those in ${place(config)}.`,
      );
    }
    folder.metrics = await folder.readMetrics(log);
    return folder;
  }

  /** What is told of the epochs that were done. A last line that was cut off is left out: that epoch is done again. */
  private async readMetrics(log: (line: string) => void): Promise<readonly EpochMetrics[]> {
    const file = this.file('metrics.jsonl');
    const text = (await this.readText('metrics.jsonl')) ?? '';
    const whole = withoutTornLine(text);
    if (whole !== text) log(`The last line of ${file} is cut off and is left out.`);
    return parseMetrics(whole, file, `Restore it from a copy, ${this.instead()}`);
  }

  /** From here on the folder is the run's. */
  async begin(config: Config): Promise<void> {
    await removeUnfinished(this.path);
    await this.write('config.json', `${JSON.stringify(config, null, 2)}\n`);
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

  /** The file's text; undefined where there is none. */
  private readText(name: string): Promise<string | undefined> {
    return readTextIfThere(this.file(name));
  }

  async remove(name: string): Promise<void> {
    await remove(this.file(name));
  }

  private names(): Promise<string[]> {
    return onDisk('read', this.path, () => readdir(this.path));
  }

  /** The names of the folders in it, which no run makes under the name of a file. */
  private async folders(): Promise<string[]> {
    const entries = await onDisk('read', this.path, () => readdir(this.path, { withFileTypes: true }));
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  }

  /**
   * Adds an epoch's line, in the place of any that an interrupted run left for that epoch or later ones. The lines
   * stand in the order of the rules and epochs, however many networks are trained at a time.
   */
  async addMetrics(line: EpochMetrics): Promise<void> {
    const kept = this.metrics.filter(({ rule, epoch }) => rule !== line.rule || epoch < line.epoch);
    const place = ({ rule }: EpochMetrics) => this.rules.indexOf(rule as RuleName);
    this.metrics = [...kept, line].sort((a, b) => place(a) - place(b) || a.epoch - b.epoch);
    const before = this.metricsWritten.catch(() => {}); // whoever asked for it was told
    this.metricsWritten = before.then(() => this.write('metrics.jsonl', formatMetrics(this.metrics)));
    await this.metricsWritten;
  }

  metricsOf(rule: string): readonly EpochMetrics[] {
    return this.metrics.filter((line) => line.rule === rule);
  }

  /**
   * Networks are known by their training hash, other files only by the config.json beside them.
   *
   * @throws {UserError} if the folder holds files that the run would overwrite.
   */
  private async refuseStrangers(): Promise<void> {
    const strangers = (await this.names()).filter((name) => isRunFile(name, []));
    if (strangers.length === 0) return;
    throw new UserError(
      `${this.path} holds ${strangers.join(', ')}, but no config.json that says of which run: that is never overwritten unasked. ${sentence(this.instead(', which keeps it under another name'))}`,
    );
  }

  /**
   * Removes the files of the run that the folder's own config.json and results.json name, and no others. What else the
   * new run would write over gets another name.
   *
   * @throws {UserError} if these two can't be read: nothing is removed then.
   */
  private async clear(next: Config, log: (line: string) => void): Promise<void> {
    const old = await this.oldRules();
    const [names, folders] = [await this.names(), await this.folders()];
    if (old) {
      const own = names.filter((name) => isRunFile(name, old) && !folders.includes(name));
      for (const name of own) await this.remove(name);
      await new KeptPieces(this.path, log).clear();
    }
    for (const name of await this.names()) {
      if (!isRunFile(name, trainedBy(next))) continue;
      const kept = freeName(name, names);
      await onDisk('rename', this.file(name), () => rename(this.file(name), this.file(kept)));
      log(`${this.file(name)} is of no run that is known here: it is called ${kept} now.`);
    }
  }

  /** The rules of the run that is in the folder, as it says itself; undefined if there is none. */
  private async oldRules(): Promise<RuleName[] | undefined> {
    const [config, results] = [await this.readText('config.json'), await this.readText('results.json')];
    if (config === undefined && results === undefined) return undefined;
    try {
      const named = [
        ...(config !== undefined ? trainedBy(parseConfigText(config, this.file('config.json'), '')) : []),
        ...(results !== undefined ? Object.keys(parseResults(results, this.file('results.json'), '').models) : []),
      ];
      // What is no rule's name might be anything, also a path that leads out of the folder.
      return (Object.keys(rules) as RuleName[]).filter((rule) => named.includes(rule));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      throw new UserError(
        `${error.message.trimEnd()}\n--force removes what an old run's config.json and results.json name as its own; since they don't say it, nothing was removed. Remove that run by hand, or choose another folder with --out.`,
        { cause: error },
      );
    }
  }
}

const sentence = (text: string): string => `${text[0].toUpperCase()}${text.slice(1)}`;

const place = ({ data }: Config): string => data ?? "the data set's usual source";

/** `bp.safetensors` as `bp.kept-1.safetensors`, or with the first number that is free. */
function freeName(name: string, taken: readonly string[]): string {
  const dot = name.indexOf('.');
  for (let number = 1; ; number++) {
    const free = `${name.slice(0, dot)}.kept-${number}${name.slice(dot)}`;
    if (!taken.includes(free)) return free;
  }
}
