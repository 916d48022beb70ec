/** `report.html`: a run in one file, which needs no script and no network. The same files give the same bytes. */
import { createHash } from 'node:crypto';
import type { Audit } from '../../audit/findings.js';
import { finePercent, numberWithInterval, percentNumber, short } from '../../words.js';
import { epsilonsOf, epsilonText, in255ths } from '../epsilon-text.js';
import { directionName, displayName } from '../names.js';
import { honestySentences } from '../run/honesty.js';
import type { Curve, Results } from '../run/results.js';
import { drawing } from './drawing.js';
import { Html, html } from './html.js';
import { table } from './table.js';

/** One epoch of one network: a line of metrics.jsonl. Angles are in degrees, by layer. */
export interface ReportedEpoch {
  readonly rule: string;
  readonly epoch: number;
  readonly loss: number;
  readonly trainAccuracy: number;
  readonly testAccuracy: number;
  readonly gradientAngles: Readonly<Record<string, number | null>>;
}

/** What a folder holds; all but the data set's name may be missing. */
export interface ReportedRun {
  readonly dataset: string;
  readonly results?: Results | undefined;
  readonly audit?: Audit | undefined;
  readonly epochs: readonly ReportedEpoch[];
  /** The run's configuration, without what tells of the machine. */
  readonly config?: object | undefined;
  /** The SVG files' text, by their names. */
  readonly figures: ReadonlyMap<string, string>;
}

/** The page's text. */
export function reportPage(run: ReportedRun): string {
  const title = `${displayName(run.dataset)}: how robust, and is it real?`;
  const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${verdicts(run)}
${networks(run)}
${figures(run)}
${curveTables(run)}
${training(run)}
${checks(run)}
${settings(run)}
</main>
</body>
</html>
`;
  return page.text;
}

function verdicts({ audit, results }: ReportedRun): Html {
  const audited = Object.entries(audit?.models ?? {}).map(
    ([name, { verdict, because }]) => html`<p><strong>${displayName(name)}: ${verdict}.</strong> ${because}</p>`,
  );
  const missing = audit ? undefined : html`<p>Not audited: nothing here says whether the robustness is real.</p>`;
  const honest = results ? honestySentences(results).map((sentence) => html`<p>${sentence}</p>`) : [];
  return html`<section><h2>Verdict</h2>${audited}${missing}${honest}</section>`;
}

/** What the paper says of its two networks on MNIST. */
const claims: Readonly<Record<string, string>> = { bp: 'falls to 0.03 %', fa: 'stays near 97–98 % at every ε' };

/** The paper's claim, what was measured, and what the audit says: a row a network. */
function networks({ dataset, results, audit }: ReportedRun): Html {
  const names = [...new Set([...Object.keys(results?.models ?? {}), ...Object.keys(audit?.models ?? {})])];
  const rows = names.map((name) => {
    const model = results?.models[name] ?? audit?.models[name];
    const own = (results?.curves ?? []).filter(({ source, target }) => source === name && target === name);
    const lowest = own.flatMap(({ points }) => points.map(({ accuracy }) => accuracy));
    const worst = (audit?.models[name]?.points ?? []).map(
      ({ epsilon, worstCase }) => `${finePercent(worstCase)} at ε = ${epsilonText(epsilon, in255ths([epsilon]))}`,
    );
    return [
      displayName(name),
      (dataset === 'mnist' && Object.hasOwn(claims, name) && claims[name]) || '–',
      model ? numberWithInterval(model.cleanAccuracy, model.cleanInterval) : '–',
      lowest.length > 0 ? percentNumber(Math.min(...lowest)) : '–',
      worst.join('; ') || '–',
    ];
  });
  const heads = ['Network', 'The paper', 'Clean accuracy (%)', 'Lowest under attack (%)', "The audit's worst case"];
  return html`<section><h2>What was measured</h2>${table('Accuracy of each network; in brackets: 95 % intervals', heads, rows, heads.length)}</section>`;
}

function figures(run: ReportedRun): Html | undefined {
  const drawn = [...run.figures].map(([name, svg]) => {
    const image = drawing(svg);
    if (!image) return html`<p>${name} is no drawing of this program: it is left out here.</p>`;
    return html`<figure><div class="scroll" tabindex="0" role="region" aria-label="${name}">${image}</div><figcaption>${name}</figcaption></figure>`;
  });
  return drawn.length === 0 ? undefined : html`<section><h2>Figures</h2>${drawn}</section>`;
}

/** The numbers behind the figures. */
function curveTables({ results, audit }: ReportedRun): Html {
  const curves = results?.curves ?? [];
  const own = curves.filter(({ source, target }) => source === target);
  const transfers = curves.filter(({ source, target }) => source !== target);
  const audited = Object.entries(audit?.models ?? {}).flatMap(([name, { points }]) =>
    points.map(({ epsilon, paper, paperInterval, worstCase, worstCaseInterval }) => [
      displayName(name),
      epsilonText(epsilon, in255ths(points.map((point) => point.epsilon))),
      numberWithInterval(paper, paperInterval),
      numberWithInterval(worstCase, worstCaseInterval),
    ]),
  );
  return html`<section><h2>The figures' numbers</h2>
${curveTable('Accuracy in % under the network’s own attacks', own)}
${curveTable('Transfer: accuracy in % under attacks made on another network', transfers)}
${audited.length > 0 ? table('Accuracy in %, and the worst case image by image', ['Network', 'ε', "Paper's attacks", 'Worst case'], audited) : undefined}</section>`;
}

function curveTable(caption: string, curves: readonly Curve[]): Html | undefined {
  if (curves.length === 0) return undefined;
  const epsilons = epsilonsOf(curves);
  const counted255ths = in255ths(epsilons);
  const heads = [
    'Network',
    'Attack',
    'Path',
    ...epsilons.map((epsilon) => `ε = ${epsilonText(epsilon, counted255ths)}`),
  ];
  const rows = curves.map(({ attack, source, target, path, points }) => [
    source === target ? displayName(source) : directionName(source, target),
    displayName(attack),
    path,
    ...epsilons.map((epsilon) => {
      const point = points.find((each) => each.epsilon === epsilon);
      return point ? percentNumber(point.accuracy) : '–';
    }),
  ]);
  return table(caption, heads, rows, 3);
}

function training({ epochs }: ReportedRun): Html | undefined {
  if (epochs.length === 0) return undefined;
  const layers = [...new Set(epochs.flatMap(({ gradientAngles }) => Object.keys(gradientAngles)))];
  const heads = ['Network', 'Epoch', 'Loss', 'Training (%)', 'Test (%)', ...layers.map((layer) => `${layer} (°)`)];
  const rows = epochs.map(({ rule, epoch, loss, trainAccuracy, testAccuracy, gradientAngles }) => [
    displayName(rule),
    `${epoch}`,
    short(loss),
    percentNumber(trainAccuracy),
    percentNumber(testAccuracy),
    ...layers.map((layer) => gradientAngles[layer]?.toFixed(1) ?? '–'),
  ]);
  return html`<section><h2>Training</h2>${table("Each epoch; angles between the rule's weight gradient and backpropagation's, by layer", heads, rows)}</section>`;
}

function checks({ audit }: ReportedRun): Html | undefined {
  if (!audit) return undefined;
  const rows = Object.entries(audit.models).flatMap(([name, model]) =>
    model.checks.map((check) => [
      displayName(name),
      `${check.id}`,
      check.name,
      check.verdict,
      check.auditVerdict,
      check.meaning,
    ]),
  );
  const heads = ['Network', 'Number', 'Check', "Paper's attacks", "Audit's attacks", 'What it means'];
  return html`<section><h2>Checks</h2>${table("Of the paper's attacks, and of the audit's", heads, rows, heads.length)}</section>`;
}

function settings({ dataset, config, results, audit }: ReportedRun): Html {
  const parts: [string, unknown][] = [
    ['config.json', config],
    ['The audit', audit && { images: audit.testImages, network: audit.network, ...audit.settings }],
    ['Where it ran', results?.environment],
  ];
  const shown = parts
    .filter(([, value]) => value !== undefined)
    .map(
      ([name, value]) =>
        html`<h3>${name}</h3><pre tabindex="0" role="region" aria-label="${name}">${JSON.stringify(value, null, 2)}</pre>`,
    );
  const repeat = config
    ? html`<p>With the config.json below in a file, this repeats the run: <code>npm start -- ${dataset} --config config.json</code></p>`
    : undefined;
  return html`<section><h2>How it was made</h2>${repeat}${shown}</section>`;
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1a1a1a; --page: #fff; --line: #ccc }
@media (prefers-color-scheme: dark) { :root { --ink: #eee; --page: #161616; --line: #555 } }
body { font: 16px/1.5 Inter, Helvetica, Arial, sans-serif; color: var(--ink); background: var(--page); margin: 0 }
main { max-width: 70rem; margin: 0 auto; padding: 1rem }
h1 { line-height: 1.2 }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: 1rem 0; font-size: .875rem }
caption { text-align: left; font-weight: 600; padding-bottom: .4rem }
th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top }
.number { text-align: right }
.scroll, pre { overflow-x: auto }
figure { margin: 1rem 0 } figure .scroll { background: #fff; color: #1a1a1a }
pre { font-size: .8rem }
@media print { :root { --ink: #000; --page: #fff } .scroll, pre { overflow: visible; white-space: pre-wrap } figure, tr { break-inside: avoid } svg { max-width: 100%; height: auto } }
`;
