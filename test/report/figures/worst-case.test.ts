import { test } from 'tap';
import { renderSvg } from '../../../src/report/figures/render.js';
import { coloursOfNetworks } from '../../../src/report/figures/style.js';
import { figureC } from '../../../src/report/figures/worst-case.js';
import { exampleAudit } from '../../helpers/audit-example.js';

/** The panels of the figure. */
function panels(audit = exampleAudit) {
  const spec = figureC(audit) as unknown as {
    vconcat: [unknown, { columns: number; concat: Record<string, unknown>[] }];
  };
  return spec.vconcat[1];
}

test('each network has a panel with both curves from the clean accuracy on, in %', (t) => {
  const { concat } = panels();
  t.equal(concat.length, 2);
  t.match(concat[1], {
    title: { text: 'FA', color: coloursOfNetworks(['bp', 'fa'])[1] },
    data: {
      values: [
        { epsilon: 0, paper: 96.5, worstCase: 96.5 },
        { epsilon: 0.1, paper: 97, worstCase: 7.8 },
        { epsilon: 0.3, paper: 100 * 0.974, worstCase: 0 },
      ],
    },
  });
  t.end();
});

test('the gap between the curves is shaded', (t) => {
  const [area] = panels().concat[0].layer as { mark: { type: string }; encoding: Record<string, { field: string }> }[];
  t.equal(area.mark.type, 'area');
  t.same([area.encoding.y.field, area.encoding.y2.field], ['worstCase', 'paper']);
  t.end();
});

test('one network fills the width; three stand in two columns', (t) => {
  const { bp, fa } = exampleAudit.models;
  t.equal(panels({ ...exampleAudit, models: { bp } }).columns, 1);
  t.equal(panels({ ...exampleAudit, models: { bp, fa, dfa: fa } }).columns, 2);
  t.equal(figureC({ ...exampleAudit, models: {} }), undefined);
  t.end();
});

test('the figure says what it shows: networks, curves, images, seed', async (t) => {
  const spec = figureC(exampleAudit);
  if (!spec) throw new Error('there is no figure');
  const svg = await renderSvg(spec);
  for (const text of [
    '>BP<',
    '>FA<',
    '1,000 test images, seed 7',
    'worst case',
    'paper’s attacks',
    'Accuracy \\(%\\)',
  ]) {
    t.match(svg, new RegExp(text), text);
  }
});
