/* Every file of a run's folder, damaged in every way, before every command that reads runs. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encode } from 'fast-png';
import { t as root, type Test, test } from 'tap';
import type { Finished } from '../helpers/command-line.js';

const cwd = root.testdir();
const loop = fork(fileURLToPath(new URL('../helpers/cli-loop.js', import.meta.url)), { cwd });
root.setTimeout(600_000);
root.teardown(() => loop.kill());

/** The program with these arguments. */
async function call(...args: string[]): Promise<Finished> {
  loop.send(args);
  return (await once(loop, 'message'))[0] as Finished;
}

/** Two classes of grey pictures of 16 x 16 pixels. */
function draw(folder: string, shift = 0): void {
  for (const [label, name] of ['cats', 'dogs'].entries()) {
    mkdirSync(join(folder, name), { recursive: true });
    for (let i = 0; i < 10; i++) {
      const data = Uint8Array.from({ length: 256 }, (_, p) => (p * (label + 3) * 7 + i * 31 + shift) % 256);
      writeFileSync(join(folder, name, `${i}.png`), encode({ width: 16, height: 16, data, channels: 1 }));
    }
  }
}

const path = (...names: string[]) => join(cwd, ...names);
const WHOLE = path('whole');
const RUN = path('run');
draw(path('pictures'));
const runOptions = ['--epochs', '2', '--batch-size', '8', '--attacks', 'fgsm', '--epsilons', '0,0.3', '--workers', '1'];
/** An audit of some tenths of a second. */
const little = (iterations = 2) => [
  ...['--images', '4', '--epsilons', '0.1,0.3', '--iterations', `${iterations}`, '--restarts', '1', '--queries', '5'],
  ...['--spsa-images', '0', '--targets', '1', '--workers', '1'],
];
const made = [
  await call('folder', '--data', path('pictures'), '--out', WHOLE, '--no-audit', ...runOptions),
  await call('audit', WHOLE, ...little()),
];

/** The whole run's folder again. */
function restore(): void {
  rmSync(RUN, { recursive: true, force: true });
  cpSync(WHOLE, RUN, { recursive: true });
}

interface Reader {
  readonly args: readonly string[];
  /** The files without which, or with which damaged, the command can't go on. */
  readonly reads: readonly string[];
  readonly prepare?: () => void;
}
const networks = ['bp.safetensors', 'fa.safetensors'];
const image = ['--images', '2', '--workers', '1'];
const goOn = ['folder', '--config', path('run', 'config.json'), '--out', RUN, '--workers', '1', '--no-audit'];
const readers: Record<string, Reader> = {
  report: { args: ['report', RUN], reads: ['config', 'results', 'audit', 'gallery'] },
  compare: { args: ['compare', RUN, '--out', path('summary')], reads: ['config', 'results', 'audit', 'metrics'] },
  audit: { args: ['audit', RUN, ...little()], reads: ['config', 'results', 'audit', ...networks] },
  attack: { args: ['attack', RUN, '--epsilons', '0.1', ...image], reads: ['config', 'results', ...networks] },
  export: { args: ['export', RUN, '--images', '2'], reads: ['config', 'results', ...networks] },
  inspect: { args: ['inspect', RUN], reads: ['config', 'results', ...networks] },
  lab: { args: ['lab', RUN, '--port', '0'], reads: ['config'] },
  folder: {
    args: goOn,
    reads: ['config', ...networks],
    prepare: () => rmSync(path('run', 'results.json')),
  },
};
const fileOf = (name: string) => (name.includes('.') ? name : name === 'metrics' ? 'metrics.jsonl' : `${name}.json`);

/** What happens to a file; of a JSON file alone what is said with `json`. */
const damages: Record<string, (file: string, bytes: Buffer) => void> = {
  missing: (file) => rmSync(file),
  empty: (file) => writeFileSync(file, ''),
  'cut in the middle': (file, bytes) => writeFileSync(file, bytes.subarray(0, bytes.length >> 1)),
  'without its last byte': (file, bytes) => writeFileSync(file, bytes.subarray(0, -1)),
  'a web page': (file) => writeFileSync(file, '<!DOCTYPE html><html><body>Not found</body></html>'),
  'of another schema': (file, bytes) => writeFileSync(file, bytes.toString('latin1').replace('"schema":1', '"schema": 1').replace('"schema": 1', '"schema": 99'), 'latin1'), // biome-ignore format: one line
  'of another type': (file) => writeFileSync(file, '[]\n'),
  'a folder': (file) => {
    rmSync(file);
    mkdirSync(file);
  },
  unreadable: (file) => {
    rmSync(file);
    symlinkSync(file, file); // to itself: no permission keeps root from reading
  },
};
/** What the lab says of the whole run. */
const NO_IMAGES = /the lab has MNIST's images alone/;

/** After these a file may still be read, or need not be there. */
const mayPass = ['missing', 'without its last byte'];

const helps = new Map<string, string>();

/** The options that a command has. */
async function optionsOf(command: string): Promise<string> {
  const known = helps.get(command) ?? (await call(...command.split(' '), '--help')).stdout;
  helps.set(command, known);
  return known;
}

/** Every option that a message names is one of its command's: of the one at hand, or of one that it spells out. */
async function foreignOptions(message: string, command: string): Promise<string[]> {
  const named: [option: string, command: string][] = [];
  const rest = message.replaceAll(/`npm start -- (\S+)([^`]*)`/g, (_, other: string, options: string) => {
    for (const [option] of options.matchAll(/--[a-z-]+/g)) named.push([option, other]);
    return '';
  });
  for (const [option] of rest.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)) named.push([option, command]);
  const foreign: string[] = [];
  for (const [option, of] of named) if (!(await optionsOf(of)).includes(`${option} `)) foreign.push(`${option} of ${of}`); // biome-ignore format: one line
  return foreign;
}

/** What every refusal is: exit code 2, one message that ends in a full stop, no stack trace, options that there are. */
async function checkRefusal(t: Test, { code, stderr }: Finished, command: string, what: string): Promise<void> {
  t.equal(code, 2, `${what}: ${stderr}`);
  t.notMatch(stderr, /\n\s+at /, what);
  const said = stderr.trim();
  t.match(said, /\.$/, what);
  t.ok(said.length < 1500, `${what}: ${said}`);
  t.same(await foreignOptions(said, command), [], `${what}: ${said}`);
}

test('the run that is damaged was whole', async (t) => {
  for (const { code, stderr } of made) t.equal(code, 0, stderr);
  for (const [name, { args, prepare }] of Object.entries(readers)) {
    restore();
    prepare?.();
    const { code, stderr } = await call(...args);
    t.equal(code, name === 'lab' ? 2 : 0, `${name}: ${stderr}`); // the page has MNIST's images alone
  }
});

for (const [command, { args, reads, prepare }] of Object.entries(readers)) {
  test(`${command}: a damaged file is one clear message`, async (t) => {
    for (const name of new Set([...reads, 'metrics', 'figure-a.svg', 'audit.csv'])) {
      for (const [damage, spoil] of Object.entries(damages)) {
        // What is not read is tried in one way: each time the command does all its work.
        if (!reads.includes(name) && damage !== 'cut in the middle') continue;
        if (!fileOf(name).endsWith('.json') && damage === 'of another schema') continue;
        restore();
        prepare?.();
        const file = join(RUN, fileOf(name));
        spoil(file, readFileSync(file));
        const ended = await call(...args);
        const what = `${fileOf(name)} ${damage}`;
        if (ended.code === 0) t.ok(!reads.includes(name) || mayPass.includes(damage), `${what} is read`);
        else {
          await checkRefusal(t, ended, command, what);
          const notFinished = command === 'compare' && what === 'results.json missing';
          if (command !== 'lab' || !NO_IMAGES.test(ended.stderr))
            t.match(ended.stderr, notFinished ? 'is not finished' : fileOf(name), what);
        }
        if (damage === 'of another schema') t.match(ended.stderr, `${fileOf(name)} has schema 99; this version reads schema 1. `); // biome-ignore format: one line
      }
    }
  });
}

test('a folder that does not exist, a file and a folder without a run are called so', async (t) => {
  mkdirSync(path('empty'), { recursive: true });
  const others = { collect: ['sweep', 'collect'], status: ['sweep', 'status'] };
  const commands = { ...Object.fromEntries(Object.keys(readers).map((name) => [name, [name]])), ...others };
  for (const [name, words] of Object.entries(commands)) {
    if (name === 'folder') continue; // makes its folder
    const missing = await call(...words, path('nowhere'));
    await checkRefusal(t, missing, words.join(' '), name);
    t.match(missing.stderr, /nowhere does not exist\. Give the folder of /, name);
    const empty = await call(...words, path('empty'));
    t.equal(empty.code, 2, name);
    t.match(empty.stderr, /empty.*(holds no|nothing to report|no such file)/s, name);
    const file = await call(...words, path('pictures', 'cats', '0.png'));
    await checkRefusal(t, file, words.join(' '), name);
    if (name !== 'audit') t.match(file.stderr, /0\.png is a file\. Give the folder of /, name);
  }
});

test('an audit that lacks a network, or has one more, is refused alike by report and compare', async (t) => {
  const audit = JSON.parse(readFileSync(join(WHOLE, 'audit.json'), 'utf8'));
  for (const [models, message] of [
    [
      { bp: audit.models.bp },
      /audit\.json has no network fa, which results\.json beside it names\. .*repeat the audit/,
    ],
    [{ ...audit.models, kp: audit.models.fa }, /audit\.json has a network kp, which results\.json beside it does not/],
  ] as const) {
    restore();
    writeFileSync(join(RUN, 'audit.json'), JSON.stringify({ ...audit, models }));
    const said = [];
    for (const command of ['report', 'compare']) {
      const ended = await call(...readers[command].args);
      await checkRefusal(t, ended, command, command);
      said.push(ended.stderr);
    }
    t.match(said[0], message);
    t.equal(said[0], said[1]);
  }
});

test('a torn last line of metrics.jsonl: told by report, refused by compare, not asked for by attack', async (t) => {
  restore();
  const file = join(RUN, 'metrics.jsonl');
  writeFileSync(file, readFileSync(file, 'utf8').slice(0, -40));
  t.equal((await call(...readers.report.args)).code, 0);
  t.match(readFileSync(join(RUN, 'report.html'), 'utf8'), 'metrics.jsonl has 1 of the 2 epochs of fa.');
  const compared = await call(...readers.compare.args);
  await checkRefusal(t, compared, 'compare', 'compare');
  t.match(compared.stderr, /metrics\.jsonl has 1 of the 2 epochs of fa\. Restore it from a copy/);
  const { code, stderr } = await call(...readers.attack.args);
  t.equal(code, 0, stderr);
});

test('a torn last line of metrics.jsonl does not keep an unfinished run from going on, to the same bytes', async (t) => {
  restore();
  const names = ['results.json', 'audit.json', 'fa.safetensors'];
  for (const name of names) rmSync(join(RUN, name));
  const file = join(RUN, 'metrics.jsonl');
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  writeFileSync(file, `${lines.slice(0, 2).join('\n')}\n${lines[2].slice(0, 50)}`);
  const { code, stderr } = await call(...goOn);
  t.equal(code, 0, stderr);
  t.match(stderr, /The last line of .*metrics\.jsonl is cut off and is left out\./);
  t.same(readFileSync(join(RUN, 'fa.safetensors')), readFileSync(join(WHOLE, 'fa.safetensors')));
  t.equal(readFileSync(file, 'utf8').trimEnd().split('\n').length, lines.length);

  // A network that has had the epoch needs it: nothing is guessed.
  rmSync(join(RUN, 'results.json'));
  writeFileSync(file, readFileSync(file, 'utf8').slice(0, -40));
  const refused = await call(...goOn);
  await checkRefusal(t, refused, 'folder', 'go on');
  t.match(refused.stderr, /fa\.safetensors has been trained for 2 epochs, of which .*metrics\.jsonl tells 1/);
  rmSync(join(RUN, 'fa.safetensors')); // as it says
  t.equal((await call(...goOn)).code, 0);
});

test('a damaged run of a sweep is told by status and collect, and keeps nobody from the others', async (t) => {
  const config = JSON.parse(readFileSync(join(WHOLE, 'config.json'), 'utf8'));
  const runs = ['a', 'b'].map((name) => ({ name, audit: 'none', config }));
  for (const { name } of runs) cpSync(WHOLE, path('sweep', name), { recursive: true });
  const plan = path('sweep', 'plan.json');
  writeFileSync(plan, JSON.stringify({ schema: 1, runs }));
  writeFileSync(path('sweep', 'b', 'results.json'), '{');
  const fault = /b\/results\.json is not JSON .* remove it and give the command again that wrote it\./;
  const status = await call('sweep', 'status', path('sweep'));
  t.equal(status.code, 0, status.stderr);
  t.match(status.stdout, /b +│ damaged/);
  t.match(status.stdout, fault);
  const collected = await call('sweep', 'collect', path('sweep'));
  t.equal(collected.code, 1, 'not all are finished');
  t.match(collected.stdout, fault);
  const run = await call('run', plan, 'b', '--workers', '1');
  await checkRefusal(t, run, 'run', 'run');
  t.match(run.stderr, fault);
  writeFileSync(plan, JSON.stringify({ schema: 99, runs }));
  for (const words of [['sweep', 'status'], ['sweep', 'collect'], ['compare']]) {
    const refused = await call(...words, path('sweep'));
    await checkRefusal(t, refused, words.join(' '), 'plan.json');
    t.match(refused.stderr, /plan\.json has schema 99; this version reads schema 1\. Give a plan\.json/);
  }
});

test('data that have moved are given with --data, and must be the run’s own', async (t) => {
  restore();
  draw(path('others'), 1);
  cpSync(path('pictures'), path('moved'), { recursive: true });
  rmSync(path('pictures'), { recursive: true });
  t.teardown(() => cpSync(path('moved'), path('pictures'), { recursive: true }));
  const config = readFileSync(join(RUN, 'config.json'), 'utf8');
  for (const command of ['audit', 'attack', 'export', 'inspect']) {
    const { args } = readers[command];
    const lost = await call(...args);
    await checkRefusal(t, lost, command, command);
    t.match(lost.stderr, /pictures.* no such file or folder .*give their folder with --data\./, command);
    const others = await call(...args, '--data', path('others'));
    await checkRefusal(t, others, command, command);
    t.match(others.stderr, /test images there are now are not those of .*results\.json/, command);
    const { code, stderr } = await call(...args, '--data', path('moved'));
    t.equal(code, 0, `${command}: ${stderr}`);
    t.equal(readFileSync(join(RUN, 'config.json'), 'utf8'), config, `${command} leaves config.json as it is`);
  }
  rmSync(join(RUN, 'results.json'));
  rmSync(join(RUN, 'fa.safetensors'));
  const resumed = await call(...goOn, '--data', path('moved'));
  t.equal(resumed.code, 0, resumed.stderr);
  t.match(resumed.stderr, /config\.json names the data in .*pictures; the run goes on with those in .*moved\./);
  t.same(readFileSync(join(RUN, 'fa.safetensors')), readFileSync(join(WHOLE, 'fa.safetensors')));
  rmSync(join(RUN, 'results.json'));
  const strange = await call(...goOn, '--data', path('others'));
  await checkRefusal(t, strange, 'folder', 'other data');
  t.match(strange.stderr, /bp\.safetensors is not taken for this run's network/);
});

test('a finished audit gives way to one that is as strong, and to a weaker one with --force alone', async (t) => {
  restore();
  const written = () => statSync(join(RUN, 'audit.json'), { bigint: true }).mtimeNs;
  const weaker: readonly [changes: string[], less: RegExp][] = [
    [['--images', '3'], /3 images instead of 4/],
    [['--epsilons', '0.1'], /no ε = 0\.3/],
    [['--iterations', '1'], /1 iterations of APGD instead of 2/],
    [['--images', '2', '--queries', '1'], /2 images instead of 4; 1 queries of Square instead of 5/],
  ];
  const before = written();
  for (const [changes, less] of weaker) {
    const refused = await call('audit', RUN, ...little(), ...changes);
    await checkRefusal(t, refused, 'audit', changes.join(' '));
    t.match(refused.stderr, /holds a finished audit, and this one would be weaker: .*\. Say --force to replace it\.$/m);
    t.match(refused.stderr, less);
    t.equal(written(), before);
  }
  t.equal((await call('audit', RUN, ...little())).code, 0, 'as strong');
  t.equal((await call('audit', RUN, ...little(3))).code, 0, 'stronger');
  t.equal((await call('audit', RUN, ...little())).code, 2, 'and that counts now');
  t.equal((await call('audit', RUN, ...little(), '--images', '3', '--force')).code, 0);
  t.equal(JSON.parse(readFileSync(join(RUN, 'audit.json'), 'utf8')).testImages, 3);
});
