import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { test } from 'tap';
import { configFrom } from '../../src/commands/options.js';
import { UserError } from '../../src/errors.js';
import { type ExportOptions, exportRun } from '../../src/experiment/export.js';
import { type Progress, silent } from '../../src/experiment/progress.js';
import { saveNetwork } from '../../src/models/checkpoint.js';
import { createNetwork } from '../../src/models/create.js';
import { mnistSpec } from '../helpers/networks.js';

const config = configFrom('mnist', { trainSize: '64', testSize: '100', epochs: '1' }, 'simd');
const networks = ['bp.safetensors', 'fa.safetensors'] as const;

function runIn(folder: string): void {
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  for (const [i, rule] of (['bp', 'fa'] as const).entries()) {
    const { parameters } = createNetwork(mnistSpec, { rule, seed: i });
    writeFileSync(join(folder, networks[i]), saveNetwork(mnistSpec, rule, parameters));
  }
}

const optionsFor = (out: string): ExportOptions => ({
  to: ['onnx', 'npz'],
  out,
  activations: false,
  images: 1000,
  attack: 'fgsm',
  epsilon: 0.25,
  path: 'true',
  loss: 'margin',
  version: '0.0.0',
  progress: silent,
});

/** The numbers of one array of an npz. */
function arrayIn(file: string, name: string): { header: string; bytes: Uint8Array } {
  const bytes = unzipSync(readFileSync(file))[`${name}.npy`];
  const start = 10 + bytes[8] + 256 * bytes[9];
  return { header: Buffer.from(bytes.subarray(10, start)).toString(), bytes: bytes.slice(start) };
}

test('a run’s networks and examples, for other tools: the same run, the same bytes', async (t) => {
  const folder = t.testdir();
  runIn(folder);
  const out = join(folder, 'export');
  const files = await exportRun(folder, optionsFor(out));
  t.same(files, ['bp.onnx', 'bp.npz', 'examples-bp.npz', 'fa.onnx', 'fa.npz', 'examples-fa.npz']);
  const again = join(folder, 'again');
  const said: string[] = [];
  await exportRun(folder, { ...optionsFor(again), progress: { ...silent, log: (line) => void said.push(line) } });
  t.same(
    said.filter((line) => line.includes('test images')),
    ['1,000 test images were asked for; there are 100, and all of them are attacked.'],
  );
  for (const file of files) t.same(readFileSync(join(again, file)), readFileSync(join(out, file)), file);

  const examples = join(out, 'examples-fa.npz');
  t.match(arrayIn(examples, 'clean').header, /\(100, 1, 28, 28\)/, 'the run’s own test images, and no more');
  const floats = (name: string) => new Float32Array(arrayIn(examples, name).bytes.buffer);
  const [clean, adversarial] = [floats('clean'), floats('adversarial')];
  t.ok(clean.every((pixel, p) => Math.abs(adversarial[p] - pixel) <= 0.25 + 1e-6));
  t.ok(adversarial.some((pixel, p) => pixel !== clean[p]));
  const wrong = (name: string) => {
    const labels = arrayIn(examples, 'labels').bytes;
    return arrayIn(examples, name).bytes.filter((answer, i) => answer !== labels[i]).length;
  };
  t.ok(wrong('fa_adversarial') > wrong('fa_clean'));
  t.match(arrayIn(examples, 'classes').header, /'<U1', .*\(10,\)/, 'what the labels mean');
  t.equal(new Float64Array(arrayIn(examples, 'epsilon').bytes.buffer)[0], 0.25);
  t.match(arrayIn(join(out, 'fa.npz'), 'conv1.feedback').header, /\(6, 1, 5, 5\)/);
  t.throws(() => arrayIn(join(out, 'bp.npz'), 'conv1.feedback'), 'backpropagation has none');
});

test('exported examples are within ε as NumPy computes it in float32: BIM’s and APGD’s exceeded it by 2.8·10⁻⁸', async (t) => {
  const folder = t.testdir();
  runIn(folder);
  for (const [attack, epsilon] of [
    ['bim', 0.3],
    ['bim', 8 / 255],
    ['apgd', 0.1],
  ] as const) {
    const out = join(folder, `${attack}-${epsilon}`);
    await exportRun(folder, { ...optionsFor(out), to: ['npz'], images: 20, attack, epsilon });
    for (const rule of ['bp', 'fa']) {
      const file = join(out, `examples-${rule}.npz`);
      const floats = (name: string) => new Float32Array(arrayIn(file, name).bytes.buffer);
      const [clean, adversarial] = [floats('clean'), floats('adversarial')];
      const distances = clean.map((pixel, p) => adversarial[p] - pixel).map(Math.abs); // float32, as NumPy subtracts
      const radius = Math.fround(epsilon);
      t.equal(distances.filter((distance) => !(distance <= radius)).length, 0, `${attack} on ${rule}, ε = ${epsilon}`);
      t.ok(distances.some((distance) => distance > 0.99 * radius));
      t.ok(adversarial.every((pixel) => pixel >= 0 && pixel <= 1));
    }
  }
});

test('exported examples state the loss that their attack maximised', async (t) => {
  const folder = t.testdir();
  runIn(folder);
  for (const [attack, loss] of [
    ['fgsm', 'cross-entropy'],
    ['fab', 'margin'],
    ['apgd-t', 'margin'],
    ['grey', undefined],
  ] as const) {
    const out = join(folder, attack);
    await exportRun(folder, { ...optionsFor(out), to: ['npz'], images: 2, attack, loss: 'cross-entropy' });
    const file = join(out, 'examples-bp.npz');
    const told = unzipSync(readFileSync(file))['loss.npy'];
    const text = told && Buffer.from(arrayIn(file, 'loss').bytes).toString().replaceAll('\0', '');
    t.equal(text, loss, attack);
  }
});

test('what was not asked for is not made; what can’t be exported is refused', async (t) => {
  const folder = t.testdir();
  const out = join(folder, 'export');
  await t.rejects(exportRun(folder, optionsFor(out)), /holds no run: there is no config\.json/);
  runIn(folder);
  t.same(await exportRun(folder, { ...optionsFor(out), to: ['onnx'] }), ['bp.onnx', 'fa.onnx']);
  await t.rejects(exportRun(folder, { ...optionsFor(out), images: 0 }), { constructor: UserError, message: /--images 0: 1 to 100/ }); // biome-ignore format: one line

  const controller = new AbortController();
  const during: Progress['during'] = (title, total, done, work) => {
    controller.abort();
    return silent.during(title, total, done, work);
  };
  const interrupted = { ...optionsFor(out), progress: { ...silent, during }, signal: controller.signal };
  await t.rejects(exportRun(folder, interrupted), /abort/i);
  rmSync(join(folder, networks[1]));
  await t.rejects(exportRun(folder, optionsFor(out)), /fa\.safetensors is not there/);
});
