import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { csvParse } from 'd3-dsv';
import { test } from 'tap';
import { figureA } from '../../../src/report/figures/accuracy.js';
import { formatSummaryCsv } from '../../../src/report/summary/csv.js';
import { writeSummary } from '../../../src/report/summary/files.js';
import { meanAudit, meanResults } from '../../../src/report/summary/means.js';
import { parseSummary } from '../../../src/report/summary/summary.js';
import { summaryTables } from '../../../src/report/summary/tables.js';
import { summaryLatex, summaryMarkdown, summaryText } from '../../../src/report/summary/text.js';
import { summarize } from '../../../src/sweep/compare/summarize.js';
import { exampleResults } from '../../helpers/results-example.js';
import { audited, finishedRun } from '../../sweep/compare/made-up.js';

const runs = [0.001, 0.002].flatMap((lr, index) =>
  [1, 2, 3].map((seed) =>
    finishedRun({
      seed,
      bp: 100 * seed + 5 * index,
      options: { lr: `${lr}` },
      audit: audited(seed, seed / 10),
    }),
  ),
);
const { summary, groups } = summarize({ runs, notes: ['a note with <b> & |pipes|'] });
const drawn = new Map(
  groups.map(({ id, runs: own }) => [
    id,
    { results: own.map(({ results }) => results), audits: own.flatMap(({ audit }) => audit ?? []) },
  ]),
);

test('tables: a row a curve, mean and deviation in as many digits', (t) => {
  const [accuracy, angles, differences] = summaryTables(summary);
  t.equal(accuracy.title, 'MNIST: accuracy in %, mean ± standard deviation over seeds 1 to 3');
  t.same(accuracy.head, ['Setting', 'Network', 'Attack', 'ε = 0', 'ε = 0.1', 'ε = 0.3']);
  t.same(accuracy.rows[0], ['lr 0.001', 'BP', 'FGSM', '20.0 ± 10.0', '–', '20.0 ± 10.0']);
  t.match(
    accuracy.rows.find((row) => row[2] === 'worst case'),
    ['lr 0.001', 'BP', 'worst case', '–'],
  );
  t.same(
    angles.rows.map((row) => row.slice(0, 4)),
    [
      ['lr 0.001', 'FA', 'gradient angle', '82.0 ± 1.0'],
      ['lr 0.001', 'FA', 'weight angle', '89.0 ± 0.0'],
      ['lr 0.002', 'FA', 'gradient angle', '82.0 ± 1.0'],
      ['lr 0.002', 'FA', 'weight angle', '89.0 ± 0.0'],
    ],
  );
  t.match(differences.rows[0], ['lr 0.002 less lr 0.001', 'BP', 'FGSM', /^\+0\.50 ± 0\.00$/]);
  t.end();
});

test('Markdown and LaTeX say the same, each in its own letters', (t) => {
  const markdown = summaryMarkdown(summary);
  t.match(markdown, /\| lr 0\.001 \| BP \| FGSM \| 20\.0 ± 10\.0 \|/);
  t.match(markdown, /\| --- \| --- \| --- \| ---: \|/);
  const tex = summaryLatex(summary);
  t.match(tex, 'lr 0.001 & BP & FGSM & 20.0 $\\pm$ 10.0');
  t.match(tex, 'FA $\\to$ BP');
  t.match(tex, '$\\varepsilon$ = 0.3');
  t.equal(tex.match(/\\begin\{tabular\}/g)?.length, 3);
  for (const line of tex.split('\n')) {
    if (!line.startsWith('%')) t.notMatch(line, /[^\\]%|[±→ε−–]/, 'nothing that LaTeX would stumble on');
  }
  t.match(summaryText(summary, 100), /a note with/);
  t.end();
});

test('in LaTeX long settings are letters that the captions explain, and no row is wider than a page', (t) => {
  const long = (which: string) => `model resnet20, ${'attacks fgsm, bim, mi-fgsm; '.repeat(6)}lr bp=0.1,fa=${which}`;
  const groups = summary.groups.map((group, i) => ({ ...group, settings: long(`0.0${i}`) }));
  const tex = summaryLatex({ ...summary, groups });
  for (const [i, group] of groups.entries()) {
    const letter = 'AB'[i];
    t.match(tex, new RegExp(`^    ${letter} & BP & FGSM & `, 'm'), 'a row begins with its letter');
    t.ok(tex.includes(`${letter}: ${group.settings}.`), 'the caption says what the letter means');
  }
  t.match(tex, /^ {4}B less A & BP & FGSM/m);
  const rows = tex.split('\n').filter((line) => line.endsWith('\\\\'));
  t.ok(rows.length > 6);
  for (const row of rows) t.ok(row.length < 110, `${row.length} characters with LaTeX's own: ${row}`);
  t.end();
});

test('summary.csv has a row for each quantity, and reads back', (t) => {
  const rows = csvParse(formatSummaryCsv(summary));
  const values = [...summary.groups, ...summary.differences].reduce((sum, each) => sum + each.values.length, 0);
  t.equal(rows.length, values);
  const difference = rows.find(
    ({ less, quantity, target }) => less !== '' && quantity === 'accuracy' && target === 'bp',
  );
  t.equal(difference?.less, groups[0].id);
  t.equal(
    Number(difference?.mean),
    summary.differences[0].values.find(({ quantity, target }) => quantity === 'accuracy' && target === 'bp')?.mean,
  );
  t.end();
});

test('the means of runs are drawn with the band and each run behind', (t) => {
  const [{ runs: own }] = groups;
  const mean = meanResults(own.map(({ results }) => results));
  t.ok(Math.abs(mean.curves[0].points[0].accuracy - 0.2) < 1e-12);
  const all = own.map(({ results }) => results);
  const drawnWith = (of: typeof all) => JSON.stringify(figureA(mean, of));
  t.match(drawnWith(all), '"accuracy":10,"highest":30,"run":"fgsm feedback"', 'the band');
  t.match(drawnWith(all), '"accuracy":30,"run":"fgsm feedback 2"', 'and a run');
  t.notMatch(drawnWith([]), /highest/);
  const audit = meanAudit(own.flatMap(({ audit }) => audit ?? []));
  t.ok(Math.abs(audit.models.bp.points[0].worstCase - 0.2) < 1e-12);
  t.end();
});

test('a summary is a file of each kind, and figures for each group; an earlier one’s figures go', async (t) => {
  const folder = t.testdir({ 'figure-a-mnist-00000000.svg': 'old', 'figure-a-mine.svg': 'mine', 'notes.txt': 'mine' });
  const files = await writeSummary(summary, drawn, folder);
  const figures = groups.flatMap(({ id }) =>
    ['a', 'b', 'c'].flatMap((x) => [`figure-${x}-${id}.png`, `figure-${x}-${id}.svg`]),
  );
  const expected = ['summary.csv', 'summary.html', 'summary.json', 'summary.md', 'summary.tex', ...figures];
  t.same([...files].sort(), [...expected].sort());
  t.same(readdirSync(folder).sort(), [...expected, 'figure-a-mine.svg', 'notes.txt'].sort());
  const json = readFileSync(join(folder, 'summary.json'), 'utf8');
  t.same(parseSummary(json, 'summary.json'), summary);
  const page = readFileSync(join(folder, 'summary.html'), 'utf8');
  t.notMatch(page, /<script|https?:|<b>/, 'complete by itself, and nothing unescaped');
  t.match(page, /default-src &#39;none&#39;.*img-src data:/);
  t.match(page, 'a note with &lt;b&gt; &amp; |pipes|');
  t.equal(page.match(/<img alt="figure [abc] of MNIST, lr 0\.00[12]"/g)?.length, 6);
  const svg = readFileSync(join(folder, `figure-a-${groups[0].id}.svg`), 'utf8');
  t.match(svg, /seeds 1 to 3: the mean, and the band of all/);
  t.match(svg, /lr 0\.001/);
});

test('networks of several depths: how many layers have which angles, and figure (e), a line a network', async (t) => {
  const line = { epoch: 1, loss: 1, trainAccuracy: 0.5, testAccuracy: 0.5, learningRate: 0.1, seconds: 1 };
  const layers = (angles: readonly number[]) => Object.fromEntries(angles.map((angle, l) => [`conv${l}`, angle]));
  const deep = summarize({
    notes: [],
    runs: [
      ['resnet8', [79, 81, 90, 70, 80, 85, 60, 75, 81]],
      ['resnet14', Array.from({ length: 15 }, (_, l) => 76 + l)],
    ].map(([model, angles]) =>
      finishedRun({
        options: { model: model as string },
        metrics: [
          { rule: 'bp', ...line, gradientAngles: layers((angles as number[]).map(() => 0)) },
          { rule: 'fa', ...line, gradientAngles: layers(angles as number[]) },
        ],
      }),
    ),
  });
  const table = summaryTables(deep.summary)[1];
  t.same(table.head.slice(2), ['Angle', 'layers', 'lowest', 'mean', 'highest', 'over 80°']);
  t.same(table.rows, [
    ['model resnet8', 'FA', 'gradient angle', '9', '60.0', '77.9', '90.0', '4'],
    ['model resnet14', 'FA', 'gradient angle', '15', '76.0', '83.0', '90.0', '10'],
  ]);
  const folder = t.testdir({ 'figure-e-mnist.svg': 'old', 'figure-e-cifar10.png': 'old' });
  const runs = new Map(
    deep.groups.map(({ id, runs }) => [id, { results: runs.map((run) => run.results), audits: [] }]),
  );
  const files = await writeSummary(deep.summary, runs, folder);
  t.ok(files.includes('figure-e-mnist.png'));
  t.notOk(readdirSync(folder).includes('figure-e-cifar10.png'), 'an earlier one’s goes');
  const svg = readFileSync(join(folder, 'figure-e-mnist.svg'), 'utf8');
  for (const text of ['model resnet8', 'model resnet14', 'FA: ΔW']) t.match(svg, `>${text}<`);
  t.match(readFileSync(join(folder, 'summary.html'), 'utf8'), /<h2>By depth<\/h2><figure><img alt="figure e of MNIST"/);
});

test('a summary that is damaged is refused', (t) => {
  for (const [text, message] of [
    ['{', /not JSON/],
    ['{"schema": 2}', /^summary\.json has schema 2; this version reads schema 1\. /],
    [JSON.stringify({ ...summary, groups: [{ ...summary.groups[0], seeds: [] }] }), /groups\[0\]\.seeds/],
  ] as const) {
    t.throws(() => parseSummary(text, 'summary.json'), { name: 'UserError', message });
  }
  t.end();
});

test('epsilons that print alike head columns of their own, in text, Markdown and LaTeX', async (t) => {
  const alike = exampleResults({ attacks: ['fgsm'], epsilons: [0.1, 0.1000001, 0.10000012] });
  const { summary: told } = summarize({
    runs: [1, 2].map((seed) => finishedRun({ seed, results: { curves: alike.curves } })),
    notes: [],
  });
  const heads = ['ε = 0.1', 'ε = 0.1000001', 'ε = 0.10000012'];
  t.same(summaryTables(told)[0].head.slice(3), heads);
  for (const text of [summaryText(told, 200), summaryMarkdown(told)]) for (const head of heads) t.match(text, head);
  for (const head of heads) t.match(summaryLatex(told), head.replace('ε', '$\\varepsilon$'));
});

test('a mean over runs of which one counts no zero gradients counts none', async (t) => {
  const [{ runs: own }] = groups;
  const [first, ...others] = own.map(({ results }) => results);
  const uncounted = first.curves.map((curve) => ({
    ...curve,
    points: curve.points.map((each) => ({ ...each, zeroGradient: null })),
  }));
  t.equal(meanResults([...others, { ...first, curves: uncounted }]).curves[0].points[0].zeroGradient, null);
  t.equal(typeof meanResults([first, ...others]).curves[0].points[0].zeroGradient, 'number');
});
