/*
 * Makes the tables of docs/depth.md, and docs/depth.csv with the angles of every network, epoch and layer: `npm run -s
 * depth-tables -- out/resnet20 out/resnet20/attacks/<name> out/depth`. The arguments are the folders of a long run, of
 * attacks on it, and of a sweep over depths (or of its runs).
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { csvFormat } from 'd3-dsv';
import { parseAudit } from '../dist/src/audit/findings.js';
import { directionName, displayName } from '../dist/src/report/names.js';
import { parseResults } from '../dist/src/report/run/results.js';
import { readRuns } from '../dist/src/sweep/compare/read.js';
import { epsilonTexts } from '../dist/src/words.js';
import { replaceTable } from './page-table.mjs';

const PAGE = new URL('../docs/depth.md', import.meta.url);
const CSV = new URL('../docs/depth.csv', import.meta.url);
/** The table counts the layers with an angle of more than this, in degrees. */
const STEEP = 80;

const [long, attacked, ...folders] = process.argv.slice(2);
if (folders.length === 0) {
  console.error(
    'depth-tables: too few folders. Give the folders of the long run, of attacks on it, and of runs of several depths.',
  );
  process.exit(2);
}
const { runs } = await readRuns([long, ...folders]);
const read = (folder, name, parse) => parse(readFileSync(join(folder, name), 'utf8'), join(folder, name));

const percent = (share) => (100 * share).toFixed(1);
const bySize = (a, b) => Object.keys(a.gradientAngles).length - Object.keys(b.gradientAngles).length;

/** Counts the layers of an epoch with an angle over 80°, and all layers with an angle. */
function steep(angles) {
  const degrees = Object.values(angles).filter((angle) => angle !== null);
  return { over: degrees.filter((angle) => angle > STEEP).length, of: degrees.length };
}

function angleTable() {
  const rows = runs.map(({ config, metrics, folder }) => {
    const epochs = metrics.filter(({ rule }) => rule === 'fa');
    const last = epochs.at(-1);
    const accuracy = (name) => percent(metrics.filter(({ rule }) => rule === name).at(-1).testAccuracy);
    const images = (config.trainSize ?? 50_000).toLocaleString('en');
    const each = (field) => epochs.map((epoch) => steep(epoch[field]).over).join(', ');
    const { of } = steep(last.gradientAngles);
    const cells = [
      folder === long ? `**${config.model}**` : config.model,
      `${images} × ${last.epoch}`,
      `${accuracy('bp')} / ${accuracy('fa')}`,
      of,
      each('gradientAngles'),
      `${Math.round((100 * steep(last.gradientAngles).over) / of)} %`,
      each('errorAngles'),
    ];
    return { last, line: `| ${cells.join(' | ')} |` };
  });
  return [
    '| network | images × epochs | accuracy %, BP / FA | weighted layers | ΔW over 80°, after each epoch | at the end | errors over 80°, after each epoch |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...[...rows].sort((a, b) => bySize(a.last, b.last)).map(({ line }) => line),
  ].join('\n');
}

/**
 * Returns the table of attacks with both gradient paths and their transfer, and the robust accuracy if the long run was
 * audited.
 */
function attackTable() {
  const { curves, testImages } = read(attacked, 'results.json', parseResults);
  const audits = existsSync(join(long, 'audit.json')) ? [read(long, 'audit.json', parseAudit)] : [];
  const epsilons = curves[0].points.map(({ epsilon }) => epsilon).filter((epsilon) => epsilon > 0);
  const row = (first, second, values) => `| ${[first, second, ...values].join(' | ')} |`;
  const own = curves.filter(({ source, target }) => source === target);
  const transfer = curves.filter(({ source, target }) => source !== target);
  const rowOf = ({ source, target, attack, path, points }) =>
    row(
      source === target ? displayName(target) : directionName(source, target),
      source === 'bp' ? displayName(attack) : `${displayName(attack)}, gradient path ${path}`,
      points.map(({ accuracy }) => percent(accuracy)),
    );
  const worst = audits.flatMap((audit) =>
    Object.entries(audit.models).map(([rule, { points }]) =>
      row(displayName(rule), `robust accuracy, ${audit.testImages} images`, [
        '–',
        ...epsilons.map((epsilon) => {
          const point = points.find((each) => each.epsilon === epsilon);
          return point ? percent(point.worstCase) : '–';
        }),
      ]),
    ),
  );
  return [
    `ResNet-20, first ${testImages.toLocaleString('en')} test images, accuracy in %:`,
    '',
    row('network', 'attack', ['ε = 0', ...epsilons.map(epsilonTexts(epsilons))]),
    row('---', '---', ['---', ...epsilons.map(() => '---')]),
    ...own.map(rowOf),
    ...worst,
    ...transfer.map(rowOf),
  ].join('\n');
}

const rows = runs.flatMap(({ config, metrics }) =>
  metrics
    .filter(({ rule }) => rule !== 'bp')
    .flatMap(({ rule, epoch, gradientAngles, errorAngles }) =>
      Object.entries(gradientAngles).map(([layer, angle]) => ({
        model: config.model,
        trainSize: config.trainSize ?? '',
        epochs: config.training[rule].epochs,
        ...{ rule, epoch, layer },
        gradientAngle: angle?.toFixed(2) ?? '',
        errorAngle: errorAngles?.[layer]?.toFixed(2) ?? '',
      })),
    ),
);
writeFileSync(CSV, `${csvFormat(rows)}\n`);
writeFileSync(PAGE, replaceTable(readFileSync(PAGE, 'utf8'), 'depth-tables', `${angleTable()}\n\n${attackTable()}`));
