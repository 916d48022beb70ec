import { test } from 'tap';
import type { Audit, AuditedModel } from '../../../src/audit/findings.js';
import { figureF } from '../../../src/report/figures/angle.js';
import { renderSvg } from '../../../src/report/figures/render.js';
import { exampleAudit } from '../../helpers/audit-example.js';

const model = (angle: number, apparent: number, real: number, path: string): AuditedModel => {
  const { fa } = exampleAudit.models;
  return {
    ...fa,
    gradients: {
      ...fa.gradients,
      angle: { images: 9, mean: 1, deviation: 1, percentile5: 1, percentile95: 1, median: angle },
    },
    points: [0.1, 0.3, 0.5].map((epsilon) => ({
      ...fa.points[0],
      epsilon,
      worstCase: real,
      byAttack: { [`bim/${path}/margin`]: apparent },
    })),
  };
};
const audit: Audit = {
  ...exampleAudit,
  models: { bp: model(0, 0.4, 0.3, 'true'), fa: model(90, 0.9, 0.1, 'feedback'), kp: model(4, 0.5, 0.25, 'feedback') },
};

test('each rule’s apparent and real robustness stand at the angle of its gradient, at the least and largest ε under 0.5', async (t) => {
  const { vconcat } = figureF(audit) as unknown as {
    vconcat: [unknown, { hconcat: { title: { text: string }; data: { values: unknown[] } }[] }];
  };
  const { hconcat } = vconcat[1];
  t.same(
    hconcat.map(({ title }) => title.text),
    ['ε = 0.1', 'ε = 0.3'],
  );
  t.same(hconcat[0].data.values, [
    { name: 'BP', angle: 0, apparent: 40, real: 30 },
    { name: 'FA', angle: 90, apparent: 90, real: 10 },
    { name: 'KP', angle: 4, apparent: 50, real: 25 },
  ]);
});

test('a network without a gradient has no angle and no point; two networks are no figure', async (t) => {
  const { angle, ...without } = audit.models.fa.gradients;
  const fa = { ...audit.models.fa, gradients: without };
  const spec = figureF({ ...audit, models: { ...audit.models, fa } });
  if (!spec) throw new Error('there is no figure');
  t.notMatch(await renderSvg(spec), /NaN/);
  t.equal(figureF({ ...audit, models: { bp: audit.models.bp, fa: audit.models.fa } }), undefined);
});

test('the figure says what it shows', async (t) => {
  const svg = await renderSvg(figureF(audit) as NonNullable<ReturnType<typeof figureF>>);
  for (const text of ['MNIST', '>KP<', 'worst case', 'true gradient', 'seed 7']) t.match(svg, new RegExp(text), text);
});

test('epsilons that print alike head panels of their own', async (t) => {
  const alike = (each: AuditedModel): AuditedModel => ({
    ...each,
    points: [0.1, 0.1000001].map((epsilon) => ({ ...each.points[0], epsilon })),
  });
  const models = Object.fromEntries(Object.entries(audit.models).map(([name, each]) => [name, alike(each)]));
  const spec = figureF({ ...audit, models }) as unknown as {
    vconcat: [unknown, { hconcat: { title: { text: string } }[] }];
  };
  t.same(
    spec.vconcat[1].hconcat.map(({ title }) => title.text),
    ['ε = 0.1', 'ε = 0.1000001'],
  );
});
