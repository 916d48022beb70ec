/*
 * Makes the tables of docs/rules.md from runs' folders: `npm run -s rules-table -- out/mnist-1-tuned out/mnist-1-tanh`.
 * It writes each run's numbers to docs/rules.csv, one row per network. A data set's table has one row for each rule and
 * preset, with the lowest and highest of several seeds. It is written between the page's two marks.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { csvFormat } from 'd3-dsv';
import { parseAudit } from '../dist/src/audit/findings.js';
import { parseConfigText } from '../dist/src/experiment/config.js';
import { parseMetrics } from '../dist/src/experiment/metrics.js';
import { parseEpsilons } from '../dist/src/experiment/parse-epsilons.js';
import { displayName } from '../dist/src/report/names.js';
import { replaceTable, span } from './page-table.mjs';

const PAGE = new URL('../docs/rules.md', import.meta.url);
const CSV = new URL('../docs/rules.csv', import.meta.url);
/**
 * The two ε of a data set's table, as users write them: at the first a few networks are robust, at the second no network is.
 */
const RADII = { cifar10: ['2/255', '8/255'], others: ['0.1', '0.3'] };
const radiiOf = (dataset) => RADII[dataset] ?? RADII.others;

/** Returns one row for each network of a run. */
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
    for (const [i, radius] of radiiOf(config.dataset).entries()) {
      const { byAttack, worstCase } = points.find((point) => point.epsilon === parseEpsilons(radius)[0]);
      row[`epsilon${i}`] = radius;
      row[`own${i}`] = percent(byAttack['bim/feedback/margin'] ?? byAttack['bim/true/margin']);
      row[`true${i}`] = percent(byAttack['bim/true/margin']);
      row[`worst${i}`] = percent(worstCase);
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

/** Returns a data set's table, with a line above it that says what it shows. */
function table(rows) {
  const [{ dataset }] = rows;
  const of = radiiOf(dataset).join(' and ');
  const valuesOf = (field) => [...new Set(rows.map((row) => row[field]))];
  const seeds = valuesOf('seed');
  const said = [
    `**${displayName(dataset)}**`,
    `seed${seeds.length > 1 ? 's' : ''} ${seeds.join(', ')}`,
    `attacks on the first ${valuesOf('auditedImages').join(' or ')} test images at ε = ${of}.`,
  ].join(', ');
  const head = [
    "| preset | rule | error % | BIM, rule's gradient path | BIM, exact gradient path | robust accuracy | ∠ B, W | ∠ input gradient | verdict |",
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
  ];
  const lines = [...grouped(rows, keyOf).values()].map((own) => {
    const [{ preset, activation, rule, decay }] = own;
    const both = (name) => [0, 1].map((i) => spanOf(own, `${name}${i}`, 1)).join(' / ');
    const cells = [
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
  return `${said}\n\n${[...head, ...lines].join('\n')}`;
}

/** Returns true for a rule with a decay that it doesn't need: a control for Kolen–Pollack. */
const isControl = ({ rule, decay }) => rule !== 'kp' && decay > 0;

const keyOf = ({ preset, rule, decay }) => `${preset} ${rule} ${decay}`;

function grouped(rows, by) {
  const groups = new Map();
  for (const row of rows) groups.set(by(row), [...(groups.get(by(row)) ?? []), row]);
  return groups;
}

const folders = process.argv.slice(2);
if (folders.length === 0) {
  console.error('rules-table: the folders are missing. Give the folders of the runs, such as out/mnist-1-tuned.');
  process.exit(2);
}
const rows = folders.flatMap(rowsOf);
const tables = [...grouped(rows, ({ dataset }) => dataset).values()].map(table);
writeFileSync(CSV, `${csvFormat(rows)}\n`);
writeFileSync(PAGE, replaceTable(readFileSync(PAGE, 'utf8'), 'rules-table', tables.join('\n\n')));
