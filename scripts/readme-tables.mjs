/*
 * Makes the tables of the README (MNIST) and of docs/results.md (CIFAR-10) of a sweep's runs, each number the lowest
 * and highest of all seeds: `npm start -- sweep mnist,cifar10 --seeds 1..3 --out out/readme`, then
 * `npm run -s readme-tables -- out/readme`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { readRuns } from '../dist/src/sweep/compare/read.js';
import { replaceTable, span } from './page-table.mjs';

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('readme-tables: give the folder of the sweep, such as out/readme.');
  process.exit(2);
}
const { runs } = await readRuns([folder]);

const percent = (share) => 100 * share;

/** What a data set's runs say: each function gives the span of a number over the seeds. */
function measured(dataset) {
  const own = runs.filter(({ config }) => config.dataset === dataset);
  if (own.length === 0) throw new Error(`${folder} holds no finished run on ${dataset}`);
  const curvesOf = ({ results }, source, target) =>
    results.curves.filter((curve) => curve.source === source && curve.target === target);
  /** Accuracies of a run's curves that `wanted` takes. */
  const accuracies = (run, source, target, wanted) =>
    curvesOf(run, source, target).flatMap(({ attack, points }) =>
      points.filter(({ epsilon }) => wanted(attack, epsilon)).map(({ accuracy }) => percent(accuracy)),
    );
  return {
    seeds: own.map(({ config }) => config.seed).sort((a, b) => a - b),
    clean: (rule, digits = 1) =>
      span(
        own.map(({ results }) => percent(results.models[rule].cleanAccuracy)),
        digits,
      ),
    all: (source, target, digits, wanted) =>
      span(
        own.flatMap((run) => accuracies(run, source, target, wanted)),
        digits,
      ),
    lowest: (source, target, digits, wanted = () => true) =>
      span(
        own.map((run) => Math.min(...accuracies(run, source, target, wanted))),
        digits,
      ),
    worst: (rule, epsilon) =>
      span(
        own.map(({ audit }) => percent(audit.models[rule].points.find((point) => point.epsilon === epsilon).worstCase)),
        1,
      ),
    zeroGradients: (rule) =>
      span(
        own.flatMap((run) =>
          curvesOf(run, rule, rule).map(({ points: [{ zeroGradient, total }] }) => percent(zeroGradient / total)),
        ),
        1,
      ),
  };
}

function mnistTable() {
  const { seeds, clean, all, lowest, worst, zeroGradients } = measured('mnist');
  const iterative = (epsilon) => (attack, at) => attack !== 'fgsm' && at === epsilon;
  const beyond = (attack, at) => attack !== 'fgsm' && at > 0.3;
  const bim = (epsilon) => (attack, at) => attack === 'bim' && at === epsilon;
  const zero = zeroGradients('fa');
  return [
    `MNIST, 10,000 test images, seeds ${seeds.join(', ')} (lowest–highest):`,
    '',
    "| the paper's claim | measured here | the audit, first 1,000 test images |",
    '| --- | --- | --- |',
    `| BP's accuracy falls to 0.03 % | Clean accuracy: ${clean('bp')} %. Accuracy under BIM and MI-FGSM: ${all('bp', 'bp', 2, iterative(0.3))} % at ε = 0.3, ${all('bp', 'bp', 0, beyond)} % at larger ε | Robust accuracy at ε = 0.3: ${worst('bp', 0.3)} % |`,
    `| FA's accuracy stays at 97–98 % at every ε | Clean accuracy: ${clean('fa')} %. Lowest accuracy under FGSM, BIM and MI-FGSM at any ε: ${lowest('fa', 'fa', 1)} % | **Robust accuracy at ε = 0.2: ${worst('fa', 0.2)} %.** For ${zero} % of the test images the loss gradient is exactly zero, and the paper's attacks don't change them |`,
    `| FA's adversarial examples don't fool BP | BP's accuracy on FA's examples: at least ${lowest('fa', 'bp', 1)} % at every ε | For ${zero} % of the images, FA's example is the clean image |`,
    `| BP's adversarial examples fool FA | FA's accuracy on BP's BIM examples: ${all('bp', 'fa', 1, bim(0.3))} % at ε = 0.3, ${all('bp', 'fa', 1, bim(1))} % at ε = 1 | BP's examples fool FA, FA's own gradient doesn't: a sign of gradient masking |`,
  ].join('\n');
}

function cifar10Table() {
  const { seeds, clean, all } = measured('cifar10');
  const at = (attack, epsilon) => (name, radius) => name === attack && radius === epsilon;
  const cells = (source, target) =>
    [0.1, 0.5].flatMap((epsilon) => ['fgsm', 'bim'].map((attack) => all(source, target, 1, at(attack, epsilon))));
  const row = (name, source, target) => `| ${[name, clean(target), ...cells(source, target)].join(' | ')} |`;
  return [
    `LeNet-5, seeds ${seeds.join(', ')} (lowest and highest), accuracy in %:`,
    '',
    '| | clean | FGSM, ε = 0.1 | BIM, ε = 0.1 | FGSM, ε = 0.5 | BIM, ε = 0.5 |',
    '| --- | --- | --- | --- | --- | --- |',
    row('BP', 'bp', 'bp'),
    row('FA', 'fa', 'fa'),
    row('BP → FA', 'bp', 'fa'),
    row('FA → BP', 'fa', 'bp'),
  ].join('\n');
}

for (const [path, text] of [
  ['../README.md', mnistTable()],
  ['../docs/results.md', cifar10Table()],
]) {
  const page = new URL(path, import.meta.url);
  writeFileSync(page, replaceTable(readFileSync(page, 'utf8'), 'readme-tables', text));
}
