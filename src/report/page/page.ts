/** `report.html`: a run in one file, complete without its script, which fetches nothing. The same files give the same bytes. */
import { type Audit, failedChecks } from '../../audit/findings.js';
import { epsilonTexts, finePercent, list, numberWithInterval, percentNumber } from '../../words.js';
import { epsilonsOf } from '../epsilon-text.js';
import type { Gallery } from '../gallery/gallery.js';
import { directionName, displayName } from '../names.js';
import { honestySentences } from '../run/honesty.js';
import type { Curve, Results } from '../run/results.js';
import { sentencesOf } from '../text.js';
import { folded, wholePage } from './document.js';
import { figure, foldedFigure } from './figure.js';
import { gallery } from './gallery.js';
import { type Html, html } from './html.js';
import { SCRIPT } from './script.js';
import { table } from './table.js';
import { type ReportedEpoch, training } from './training.js';

/** What a folder holds; all but the data set's name may be missing. */
export interface ReportedRun {
  readonly dataset: string;
  readonly results?: Results | undefined;
  readonly audit?: Audit | undefined;
  readonly epochs: readonly ReportedEpoch[];
  readonly gallery?: Gallery | undefined;
  /** The run's configuration, without what tells of the machine. */
  readonly config?: object | undefined;
  /** The SVG files' text, by their names. */
  readonly figures: ReadonlyMap<string, string>;
  /** The training curves' SVG, where there are epochs. */
  readonly curves?: string | undefined;
  /** Which epochs are not known, in a sentence, where not all are. */
  readonly gap?: string | undefined;
}

/** The page's text. */
export function reportPage(run: ReportedRun): string {
  const title = `${displayName(run.dataset)}: how robust, and is it real?`;
  return wholePage(
    title,
    html`<h1>${title}</h1>
${verdicts(run)}
${networks(run)}
${figures(run)}
${run.gallery && gallery(run.gallery)}
${training(run.epochs, run.curves, run.gap)}
${curveTables(run)}
${checks(run)}
${settings(run)}`,
    SCRIPT,
  );
}

function verdicts({ audit, results }: ReportedRun): Html {
  const audited = Object.entries(audit?.models ?? {}).map(([name, { verdict, because, warnings = [] }]) => {
    const [first, ...others] = sentencesOf(because);
    const why = others.length > 0 ? folded(`${displayName(name)}: why`, html`<p>${others.join(' ')}</p>`) : undefined;
    const warned = warnings.map(({ name: flag, meaning }) => html`<p>Warning (${flag}): ${meaning}</p>`);
    return html`<p><strong>${displayName(name)}: ${verdict}.</strong> ${first}</p>
${why}${warned}`;
  });
  const missing = audit ? undefined : html`<p>Not audited: nothing here says whether the robustness is real.</p>`;
  const honest = results ? honestySentences(results).map((sentence) => html`<p>${sentence}</p>`) : [];
  const curves = audit && honest.length > 0 ? folded('What the curves show, and what not', html`${honest}`) : honest;
  return html`<section><h2>Verdict</h2>${audited}${missing}${curves}</section>`;
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
    const audited = audit?.models[name]?.points ?? [];
    const textOf = epsilonTexts(audited.map(({ epsilon }) => epsilon));
    const worst = audited.map(({ epsilon, worstCase }) => `${finePercent(worstCase)} at ε = ${textOf(epsilon)}`);
    return [
      displayName(name),
      (dataset === 'mnist' && Object.hasOwn(claims, name) && claims[name]) || '–',
      model ? numberWithInterval(model.cleanAccuracy, model.cleanInterval) : '–',
      lowest.length > 0 ? percentNumber(Math.min(...lowest)) : '–',
      [audit?.models[name]?.verdict, worst.join('; ')].filter(Boolean).join(': ') || '–',
    ];
  });
  const heads = [
    'Network',
    'The paper',
    'Clean accuracy (%)',
    'Lowest under attack (%)',
    'The audit, and its worst case',
  ];
  return html`<section><h2>What was measured</h2>${table('Accuracy of each network; in brackets: 95 % intervals', heads, rows, heads.length, true)}</section>`;
}

/** What the figures show, for those who don't see them too. */
const captions: Readonly<Record<string, string>> = {
  'figure-a.svg': 'Accuracy under the network’s own attacks, by ε',
  'figure-b.svg': 'Transfer: accuracy under attacks made on another network',
  'figure-c.svg': 'The paper’s curve beside the worst case that the audit found',
  'figure-d.svg': 'Angles to backpropagation, epoch by epoch',
  'figure-e.svg': 'Angles to backpropagation, by depth',
  'figure-f.svg': 'Apparent and real robustness against the angle to backpropagation',
};

/** The worst case where there is an audit, else the first; the others fold. */
function figures(run: ReportedRun): Html | undefined {
  const first = run.figures.has('figure-c.svg') ? 'figure-c.svg' : [...run.figures.keys()][0];
  const inOrder = [...run.figures].sort(([a], [b]) => Number(b === first) - Number(a === first));
  const drawn = inOrder.map(([name, svg]) =>
    (name === first ? figure : foldedFigure)(Object.hasOwn(captions, name) ? captions[name] : name, name, svg),
  );
  return drawn.length === 0 ? undefined : html`<section><h2>Figures</h2>${drawn}</section>`;
}

/** The numbers behind the figures. */
function curveTables({ results, audit }: ReportedRun): Html {
  const curves = results?.curves ?? [];
  const own = curves.filter(({ source, target }) => source === target);
  const transfers = curves.filter(({ source, target }) => source !== target);
  const models = Object.entries(audit?.models ?? {});
  const textOf = epsilonTexts(epsilonsOf(models.map(([, model]) => model)));
  const audited = models.flatMap(([name, { points }]) =>
    points.map(({ epsilon, paper, paperInterval, worstCase, worstCaseInterval }) => [
      displayName(name),
      textOf(epsilon),
      numberWithInterval(paper, paperInterval),
      numberWithInterval(worstCase, worstCaseInterval),
    ]),
  );
  const tables = html`${curveTable('Accuracy in % under the network’s own attacks', own)}
${curveTable('Transfer: accuracy in % under attacks made on another network', transfers)}
${audited.length > 0 ? table('Accuracy in %, and the worst case image by image', ['Network', 'ε', "Paper's attacks", 'Worst case'], audited) : undefined}`;
  return html`<section><h2>The figures' numbers</h2>${folded('Accuracy at every ε', tables)}</section>`;
}

function curveTable(caption: string, curves: readonly Curve[]): Html | undefined {
  if (curves.length === 0) return undefined;
  const epsilons = epsilonsOf(curves);
  const textOf = epsilonTexts(epsilons);
  const heads = ['Network', 'Attack', 'Path', 'Loss', ...epsilons.map((epsilon) => `ε = ${textOf(epsilon)}`)];
  const rows = curves.map(({ attack, source, target, path, loss, points }) => [
    source === target ? displayName(source) : directionName(source, target),
    displayName(attack),
    path,
    loss ?? '–',
    ...epsilons.map((epsilon) => {
      const point = points.find((each) => each.epsilon === epsilon);
      return point ? percentNumber(point.accuracy) : '–';
    }),
  ]);
  return table(caption, heads, rows, 4);
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
  const failed = Object.entries(audit.models).map(([name, model]) => {
    const of = (which: 'verdict' | 'auditVerdict') => {
      const ids = failedChecks(model, which).map(String);
      return ids.length === 0 ? 'none' : list(ids);
    };
    return html`<p>${displayName(name)}: failed by the paper's attacks: ${of('verdict')}; by the audit's: ${of('auditVerdict')}.</p>`;
  });
  const all = table("Of the paper's attacks, and of the audit's", heads, rows, heads.length);
  return html`<section><h2>Checks</h2>${failed}${folded('Each check, and what it means', all)}</section>`;
}

function settings({ dataset, config, results, audit }: ReportedRun): Html {
  const parts: [string, unknown][] = [
    ['config.json', config],
    ['The audit', audit && { images: audit.testImages, network: audit.network, ...audit.settings }],
    ['Where it ran', results?.environment],
  ];
  const shown = parts
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) =>
      folded(name, html`<pre tabindex="0" role="region" aria-label="${name}">${JSON.stringify(value, null, 2)}</pre>`),
    );
  const repeat = config
    ? html`<p>With the config.json below in a file, this repeats the run: <code>npm start -- ${dataset} --config config.json</code></p>`
    : undefined;
  return html`<section><h2>How it was made</h2>${repeat}${shown}</section>`;
}
