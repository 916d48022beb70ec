/*
 * Makes the table of docs/rules.md of runs' folders: `npm run -s rules-table -- out/mnist-1-tuned out/mnist-1-tanh`.
 * Each run's numbers go into docs/rules.csv, a row a network; the table has a row for each rule and preset there, with
 * the lowest and highest of several seeds, and is written between the page's two marks.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { csvFormat } from 'd3-dsv';
import { parseAudit } from '../dist/src/audit/findings.js';
import { parseConfigText } from '../dist/src/experiment/config.js';
import { parseMetrics } from '../dist/src/experiment/metrics.js';
import { displayName } from '../dist/src/report/names.js';
import { replaceTable, span } from './page-table.mjs';

const PAGE = new URL('../docs/rules.md', import.meta.url);
const CSV = new URL('../docs/rules.csv', import.meta.url);
const EPSILONS = [0.1, 0.3];

/** One row for each network of a run. */
function rowsOf(folder) {
  const read = (name, parse) => parse(readFileSync(join(folder, name), 'utf8'), join(folder, name));
  const config = read('config.json', parseConfigText);
  const audit = read('audit.json', parseAudit);
  const epochs = read('metrics.jsonl', parseMetrics);
  return Object.entries(audit.models).map(([rule, { gradients, points, verdict }]) => {
    const last = epochs.filter((epoch) => epoch.rule === rule).at(-1);
    const row = {
      dataset: config.dataset,
      preset: config.preset,
      activation: config.activation,
      rule,
      decay: config.training[rule].decoupledDecay,
      seed: config.seed,
      error: percent(1 - last.testAccuracy),
      auditedImages: audit.testImages,
    };
    for (const epsilon of EPSILONS) {
      const point = points.find((each) => each.epsilon === epsilon);
      row[`own${epsilon}`] = percent(point.byAttack['bim/feedback/margin'] ?? point.byAttack['bim/true/margin']);
      row[`true${epsilon}`] = percent(point.byAttack['bim/true/margin']);
      row[`worst${epsilon}`] = percent(point.worstCase);
    }
    const [, ...upper] = Object.values(last.weightAngles ?? {});
    row.weightAngle = upper.length > 0 ? Math.max(...upper).toFixed(1) : '';
    row.inputAngle = gradients.angle ? gradients.angle.median.toFixed(1) : '';
    return { ...row, verdict };
  });
}

const percent = (share) => (100 * share).toFixed(2);

const spanOf = (rows, field, digits) =>
  span(
    rows.map((row) => row[field]).filter((value) => value !== ''),
    digits,
  );

function table(rows) {
  const groups = grouped(rows);
  const head = [
    '| data set | preset | rule | error % | BIM, own path, ε = 0.1 / 0.3 | BIM, true path, ε = 0.1 / 0.3 | worst case, ε = 0.1 / 0.3 | ∠ B, W | ∠ input gradient | verdict |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
  ];
  const lines = [...groups.values()].map((own) => {
    const [{ dataset, preset, activation, rule, decay }] = own;
    const both = (name) => EPSILONS.map((epsilon) => spanOf(own, `${name}${epsilon}`, 1)).join(' / ');
    const cells = [
      displayName(dataset),
      `\`${preset}\`, ${activation}`,
      displayName(rule) + (isControl(own[0]) ? `, decay λ = ${decay}` : ''),
      spanOf(own, 'error', 2),
      ...['own', 'true', 'worst'].map(both),
      `${spanOf(own, 'weightAngle', 0)}°`,
      `${spanOf(own, 'inputAngle', 0)}°`,
      [...new Set(own.map(({ verdict }) => verdict))].join('; '),
    ];
    return `| ${cells.map((cell) => cell.replace('–°', '–')).join(' | ')} |`;
  });
  return [...head, ...lines].join('\n');
}

/** Whether a rule that needs no decay was given one: what stands beside Kolen–Pollack. */
const isControl = ({ rule, decay }) => rule !== 'kp' && decay > 0;

const keyOf = ({ dataset, preset, rule, decay }) => `${dataset} ${preset} ${rule} ${decay}`;

function grouped(rows) {
  const groups = new Map();
  for (const row of rows) groups.set(keyOf(row), [...(groups.get(keyOf(row)) ?? []), row]);
  return groups;
}

const folders = process.argv.slice(2);
if (folders.length === 0) {
  console.error('rules-table: give the folders of the runs, such as out/mnist-1-tuned.');
  process.exit(2);
}
const rows = folders.flatMap(rowsOf);
const seeds = [...new Set(rows.map(({ seed }) => seed))];
const images = [...new Set(rows.map(({ auditedImages }) => auditedImages))];
const said = `Seed${seeds.length > 1 ? 's' : ''} ${seeds.join(', ')}; attacks on the first ${images.join(' or ')} test images.`;
writeFileSync(CSV, `${csvFormat(rows)}\n`);
writeFileSync(PAGE, replaceTable(readFileSync(PAGE, 'utf8'), 'rules-table', `${said}\n\n${table(rows)}`));
