import { test } from 'tap';
import { compile, type TopLevelSpec } from 'vega-lite';
import { datasets } from '../../../src/datasets/index.js';
import { figureA, figureB } from '../../../src/report/figures/accuracy.js';
import { renderSvg } from '../../../src/report/figures/render.js';
import { figureC } from '../../../src/report/figures/worst-case.js';
import { exampleAudit } from '../../helpers/audit-example.js';
import { exampleResults } from '../../helpers/results-example.js';

interface Row {
  readonly series: string;
  readonly attack: string;
  readonly epsilon: number;
  readonly accuracy: number;
}

/** What the tests look at in a spec, with Vega-Lite's unions taken away. */
interface Seen {
  title: { text: string; subtitle: string[] };
  vconcat: [
    { layer: { data: { values: { text?: string; series?: string; attack?: string; end?: number }[] } }[] },
    {
      hconcat: {
        title?: { text: string };
        data: { values: Row[] };
        encoding: Record<'x' | 'y' | 'color', { field: string; scale: { domain: unknown; range: unknown } }>;
        layer: {
          mark: { type: string };
          encoding: Record<string, { field: string; scale: Record<string, unknown> }>;
        }[];
      }[];
    },
  ];
}

const seen = (spec: TopLevelSpec | undefined) => spec as unknown as Seen;
const panels = (spec: TopLevelSpec | undefined) => seen(spec).vconcat[1].hconcat;
const seriesOf = (rows: readonly Row[]) => [...new Set(rows.map((row) => row.series))].sort();

test('figure (a) draws accuracy in % against epsilon, colour by network, line and point by attack', async (t) => {
  const [panel, ...others] = panels(figureA(exampleResults()));
  t.same(others, [], 'one gradient path, one panel');
  t.same([panel!.encoding.x.field, panel!.encoding.x.scale.domain], ['epsilon', [0, 1]]);
  t.same([panel!.encoding.y.field, panel!.encoding.y.scale.domain], ['accuracy', [0, 100]]);
  t.same([panel!.encoding.color.field, panel!.encoding.color.scale.domain], ['series', ['BP', 'FA']]);
  t.same(
    panel!.layer.map((layer) => layer.mark.type),
    ['line', 'point'],
  );
  const [line, point] = panel!.layer;
  for (const channel of [line!.encoding.strokeDash!, point!.encoding.shape!]) {
    t.equal(channel.field, 'attack');
    t.same(channel.scale.domain, ['FGSM', 'BIM', 'MI-FGSM']);
    t.equal(new Set((channel.scale.range as unknown[]).map(String)).size, 3, 'no two attacks alike');
  }
});

test('figure (a) holds exactly the points with source = target, figure (b) exactly the others', async (t) => {
  const results = exampleResults();
  const a = panels(figureA(results))[0]!.data.values;
  t.same(seriesOf(a), ['BP', 'FA']);
  t.equal(a.length, 2 * 3 * 11);
  const bim = a.find((row) => row.series === 'BP' && row.attack === 'BIM' && row.epsilon === 0.1);
  t.ok(Math.abs(bim!.accuracy - 65.8) < 1e-9, '989 - 330 - 1 of 1,000');
  const b = panels(figureB(results))[0]!;
  t.same(seriesOf(b.data.values), ['BP → FA', 'FA → BP']);
  t.equal(b.data.values.length, 2 * 3 * 11);
  t.same(b.encoding.color.scale.domain, ['BP → FA', 'FA → BP']);
});

test('figure (b) does not exist for a run of one network, nor either figure without curves', async (t) => {
  const alone = exampleResults({ networks: ['fa'] });
  t.equal(figureB(alone), undefined);
  t.not(figureA(alone), undefined);
  t.equal(figureA({ ...alone, curves: [] }), undefined);
});

test("a network keeps its colour and an attack its line whatever else the run holds; the figures' colours differ", async (t) => {
  const both = panels(figureA(exampleResults()))[0]!;
  const alone = panels(figureA(exampleResults({ networks: ['fa'], attacks: ['bim'] })))[0]!;
  const [bp, fa] = both.encoding.color.scale.range as string[];
  t.same(alone.encoding.color.scale.range, [fa]);
  t.not(bp, fa);
  const dashes = (panel: typeof both) => panel.layer[0]!.encoding.strokeDash!.scale.range as number[][];
  t.same(dashes(alone), [dashes(both)[1]]);
  const transfer = panels(figureB(exampleResults()))[0]!.encoding.color.scale.range as string[];
  t.equal(new Set([...transfer, bp, fa]).size, 4);
});

test('the small points come after the wide ones, in whatever order the attacks were run', async (t) => {
  for (const attacks of [
    ['fgsm', 'bim', 'mi-fgsm'],
    ['mi-fgsm', 'bim', 'fgsm'],
  ]) {
    const rows = panels(figureA(exampleResults({ attacks })))[0]!.data.values;
    t.same([...new Set(rows.map((row) => row.attack))], ['FGSM', 'BIM', 'MI-FGSM']);
  }
});

test('a run along both gradient paths gets a panel for each, with that path alone', async (t) => {
  const results = exampleResults({ paths: ['feedback', 'true'] });
  const curves = results.curves.map((curve) =>
    curve.path === 'true' ? { ...curve, points: curve.points.slice(0, 2) } : curve,
  );
  const [feedback, exact] = panels(figureA({ ...results, curves }));
  t.match(feedback!.title!.text, /feedback weights/);
  t.match(exact!.title!.text, /true weights/);
  t.equal(feedback!.data.values.length, 2 * 3 * 11);
  t.equal(exact!.data.values.length, 2 * 3 * 2);
  t.same(exact!.encoding.x.scale.domain, [0, 1], 'the panels share their axis');
});

test('networks attacked along different paths share a panel when nothing was attacked along both', async (t) => {
  const results = exampleResults();
  const curves = results.curves.map((curve) => (curve.source === 'bp' ? { ...curve, path: 'true' as const } : curve));
  t.equal(panels(figureA({ ...results, curves })).length, 1);
});

test("the x axis is the run's epsilons: 16/255, a single one, zero alone", async (t) => {
  const domain = (epsilons: number[]) => panels(figureA(exampleResults({ epsilons })))[0]!.encoding.x.scale.domain;
  t.same(domain([0, 8 / 255, 16 / 255]), [0, 16 / 255]);
  t.same(domain([0.3]), [0, 0.6], 'a lone epsilon stands in the middle');
  t.same(domain([1]), [0, 1]);
  t.same(domain([0]), [0, 1]);
});

test('the legend shows a sample of each curve that exists, and of no other', async (t) => {
  const results = exampleResults();
  const curves = results.curves.filter((curve) => curve.source !== 'fa' || curve.attack === 'bim');
  const layers = seen(figureA({ ...results, curves })).vconcat[0].layer;
  const samples = layers[1]!.data.values.map((each) => `${each.series} ${each.attack}`);
  t.same(samples, ['BP FGSM', 'BP BIM', 'BP MI-FGSM', 'FA BIM']);
});

test('the titles name the data set, and the subtitle the share of images without a gradient when it is over 1 %', async (t) => {
  for (const [dataset, { title }] of Object.entries(datasets)) {
    t.equal(seen(figureA({ ...exampleResults(), dataset })).title.text, `${title}: adversarial accuracy`);
    t.equal(seen(figureB({ ...exampleResults(), dataset })).title.text, `${title}: transferability`);
    t.equal(seen(figureC({ ...exampleAudit, dataset })).title.text, `${title}: is the robustness real?`);
  }
  const subtitle = (faZeros: number) => seen(figureA(exampleResults({ faZeros }))).title.subtitle;
  t.match(subtitle(961)[1], /exactly zero: FA 96\.1\u00a0%$/);
  t.equal(subtitle(10).length, 1);
  t.equal(subtitle(11).length, 2);
});

test('Vega-Lite takes the specs without a warning', async (t) => {
  const warnings: unknown[] = [];
  const logger = {
    warn: (...said: unknown[]) => {
      warnings.push(said);
      return logger;
    },
    info: () => logger,
    debug: () => logger,
    error: (...said: unknown[]) => {
      warnings.push(said);
      return logger;
    },
    level: () => logger,
  };
  const attacks = ['fgsm', 'bim', 'mi-fgsm', 'pgd', 'apgd', 'square'];
  const results = exampleResults({ attacks, paths: ['feedback', 'true'] });
  for (const spec of [figureA(results), figureB(exampleResults())]) {
    compile(spec!, { logger: logger as unknown as NonNullable<Parameters<typeof compile>[1]>['logger'] });
  }
  t.same(warnings, []);
});

test('the subtitle states the loss that each attack maximised, and zero gradients of the losses that are followed', async (t) => {
  const results = exampleResults({ attacks: ['bim', 'fab', 'square', 'grey'] });
  const curves = results.curves.map((curve) => {
    if (curve.attack === 'bim') return curve;
    const loss = curve.attack === 'grey' ? null : 'margin';
    return { ...curve, loss, points: curve.points.map((each) => ({ ...each, zeroGradient: loss && 0 })) };
  });
  const told = seen(figureA({ ...results, curves })).title.subtitle.join('\n');
  t.match(told, /^Loss: cross-entropy \(BIM\) and margin \(FAB, Square\)$/m);
  t.match(told, /^Zero gradients \(cross-entropy\): FA 96\.1\u00a0%$/m);
  t.notMatch(
    seen(figureA(results)).title.subtitle.join('\n'),
    /loss/i,
    'not where it is the one that a reader expects',
  );
});

test('zero gradients of several losses along both paths take a line for each loss, which the figure has room for', async (t) => {
  const results = exampleResults({ attacks: ['bim', 'fab'], paths: ['feedback', 'true'] });
  const curves = results.curves.map((curve) => (curve.attack === 'fab' ? { ...curve, loss: 'margin' } : curve));
  const { subtitle } = seen(figureA({ ...results, curves })).title;
  const lines = subtitle.filter((line) => line.startsWith('Zero gradients'));
  t.same(lines, [
    'Zero gradients (cross-entropy): FA (feedback) 96.1\u00a0%, FA (true) 96.1\u00a0%',
    'Zero gradients (margin): FA (feedback) 96.1\u00a0%, FA (true) 96.1\u00a0%',
  ]);
  const svg = async (of: typeof results) => renderSvg(figureA(of) as TopLevelSpec);
  const widthOf = (drawn: string) => Number(drawn.match(/width="(\d+)"/)?.[1]);
  t.equal(widthOf(await svg({ ...results, curves })), widthOf(await svg(results)), 'as wide as with one loss');
});
