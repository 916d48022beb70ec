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
    `Seeds ${seeds.join(', ')} (lowest and highest), accuracy in %:`,
    '',
    "| the paper's claim | measured here | what the audit says |",
    '| --- | --- | --- |',
    `| BP falls to 0.03 % under attack | clean ${clean('bp')}; BIM and MI-FGSM leave ${all('bp', 'bp', 2, iterative(0.3))} at ε = 0.3 and ${all('bp', 'bp', 0, beyond)} beyond | the same: worst case ${worst('bp', 0.3)} at ε = 0.3 |`,
    `| FA stays near 97–98 % at every ε | clean ${clean('fa')}; the lowest accuracy under any of the three attacks at any ε is ${lowest('fa', 'fa', 1)} | **no robustness**: worst case per image ${worst('fa', 0.2)} at ε = 0.2. ${zero} % of the images have a gradient of exactly zero, so the attack never moved them |`,
    `| FA's examples don't fool BP | BP keeps ${lowest('fa', 'bp', 1)} or more at every ε | they are, for ${zero} % of the images, the clean images |`,
    `| BP's examples do fool FA | FA under BP's BIM examples: ${all('bp', 'fa', 1, bim(0.3))} at ε = 0.3, ${all('bp', 'fa', 1, bim(1))} at ε = 1 | another network's examples do more harm than its own gradient: a sign that the latter is masked |`,
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
