import { decode } from 'fast-png';
import { test } from 'tap';
import type { Gallery } from '../../../src/report/gallery/gallery.js';
import { drawing } from '../../../src/report/page/drawing.js';
import { html } from '../../../src/report/page/html.js';
import { type ReportedRun, reportPage } from '../../../src/report/page/page.js';
import { exampleAudit } from '../../helpers/audit-example.js';
import { exampleGallery } from '../../helpers/gallery-example.js';
import { exampleResults } from '../../helpers/results-example.js';

const svg =
  '<svg xmlns="http://www.w3.org/2000/svg" width="9"><g><text x="1">a &amp; b</text><path d="M0,0"/></g></svg>';
const run: ReportedRun = {
  dataset: 'mnist',
  results: exampleResults(),
  audit: exampleAudit,
  epochs: [
    {
      rule: 'bp',
      epoch: 1,
      loss: 0.2,
      trainAccuracy: 0.9,
      testAccuracy: 0.91,
      gradientAngles: { conv1: 0, fc1: null },
    },
  ],
  config: { dataset: 'mnist', data: null, preset: 'paper' },
  figures: new Map([['figure-a.svg', svg]]),
  gallery: exampleGallery,
  curves: svg,
};

/** The same with another text in each string, names of fields in tables included. */
function withEvery(value: unknown, text: string): unknown {
  if (typeof value === 'string') return text + value;
  if (Array.isArray(value)) return value.map((each) => withEvery(each, text));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withEvery(each, text)]));
}

/** With the pictures as they were: of those the schema says what they are. */
const pixelsOfRun = ({ images, examples }: Gallery): Pick<Gallery, 'images' | 'examples'> => ({
  images: images.map((image, i) => ({ ...image, pixels: exampleGallery.images[i].pixels })),
  examples: examples.map((example, i) => ({ ...example, pixels: exampleGallery.examples[i].pixels })),
});

const elements = (page: string): string[] => page.match(/<\/?[a-z!][a-z0-9]*/gi) ?? [];

test('the page has the verdict before all else, every figure, and the command that repeats the run', (t) => {
  const page = reportPage(run);
  const [, verdict] = page.match(/<h2>(.*?)<\/h2>/) ?? [];
  t.equal(verdict, 'Verdict');
  t.ok(page.includes(svg));
  t.match(page, /npm start -- mnist --config config\.json/);
  t.equal(reportPage(run), page, 'the same run gives the same bytes');
  t.end();
});

test('an audit’s warnings stand beside the verdict', (t) => {
  const { bp } = exampleAudit.models;
  const warnings = [{ name: 'float32: rounding', meaning: 'On 32 of 1000 images they are equal.' }];
  const page = reportPage({ ...run, audit: { ...exampleAudit, models: { bp: { ...bp, warnings } } } });
  t.match(page, '<p>Warning (float32: rounding): On 32 of 1000 images they are equal.</p>');
  t.notMatch(reportPage(run), 'Warning (');
  t.end();
});

test('the gallery shows the answers for the pictures, which are rounded to bytes, and where rounding changes the class', (t) => {
  const galleryOf = (...roundedAnswers: (Gallery['examples'][number]['roundedAnswers'] | undefined)[]) =>
    reportPage({
      ...run,
      gallery: {
        ...exampleGallery,
        examples: exampleGallery.examples.map((example, i) => ({ ...example, roundedAnswers: roundedAnswers[i] })),
      },
    });
  const [same, other] = [{ bp: { class: 0, confidence: 0.62 } }, { bp: { class: 1, confidence: 0.58 } }];
  const page = galleryOf(same, other);
  t.match(page, /<div class="fooled">BP: three, 62.0.% ✗<\/div>/);
  t.match(page, /<div class="soft">BP: seven, 58.0.% \(before rounding: three\)<\/div>/);
  t.match(page, /Rounding changes the class in 1 of 2 answers/);
  t.notMatch(page, /60\.0.%/, 'the confidence before rounding is not that for the picture');
  t.match(galleryOf(same, { bp: null }), /BP: no answer ✗ \(before rounding: three\)/);
  t.match(galleryOf(same, same), /Here rounding changes no class/);
  const older = galleryOf();
  t.match(older, /The answers are those for the examples before rounding/, 'a file of an earlier version');
  t.match(older, /BP: three, 60.0.% ✗/);
  t.end();
});

test('the figure of the worst case and the verdict’s first reason stand open, the rest folds', (t) => {
  const { fa } = exampleAudit.models;
  const because = 'At ε = 0.3 it falls: 0.5 of it. The reason is this. And that.';
  const named = (text: string) => svg.replace('a &amp; b', text);
  const page = reportPage({
    ...run,
    audit: { ...exampleAudit, models: { fa: { ...fa, because } } },
    figures: new Map(['a', 'b', 'c'].map((name) => [`figure-${name}.svg`, named(name)])),
  });
  const open = page.replace(/<details>.*?<\/details>/gs, '');
  t.ok(open.includes('</strong> At ε = 0.3 it falls: 0.5 of it.</p>'));
  t.notOk(open.includes('The reason is this.'));
  t.ok(page.includes('The reason is this. And that.'));
  t.ok(open.includes(named('c')));
  for (const other of ['a', 'b']) {
    t.notOk(open.includes(named(other)));
    t.ok(page.includes(named(other)));
  }
  t.ok(page.indexOf(named('c')) < page.indexOf(named('a')), 'which comes first');
  const alone = reportPage({ ...run, audit: undefined, figures: new Map([['figure-a.svg', svg]]) });
  t.ok(alone.replace(/<details>.*?<\/details>/gs, '').includes(svg), 'without an audit, the first figure does');
  t.end();
});

test('it asks for nothing, and allows its own style, script and pictures alone', (t) => {
  const page = reportPage(run);
  const hash = '&#39;sha256-[A-Za-z0-9+/=]{44}&#39;';
  const policy = `"default-src &#39;none&#39;; style-src ${hash}; img-src data:; script-src ${hash}"`;
  t.match(page, new RegExp(policy));
  t.notMatch(page, /<link|\ssrc="(?!data:image\/png;base64,[A-Za-z0-9+/=]*")|\shref=|url\(|@import/);
  t.equal(page.split('<script').length, 2);
  t.end();
});

test('control characters of a file are shown as pictures, since HTML has none', (t) => {
  t.equal(html`${'a\u0001\u001b[31m\u007f\n\tb<'}`.text, 'a␁␛[31m\ufffd\n\tb&lt;');
  t.end();
});

test('no text of a file breaks out of the page', (t) => {
  const evil = `"'><script>alert(1)</script></pre></style><!-- & `;
  const { results, audit, config, epochs, gallery } = withEvery({ ...run, figures: undefined }, evil) as ReportedRun;
  const page = reportPage({
    ...run,
    results,
    audit,
    config,
    epochs,
    dataset: evil,
    gallery: gallery && { ...gallery, ...pixelsOfRun(gallery) },
  });
  t.ok(page.includes('&lt;script&gt;alert(1)'), 'the text is shown');
  t.notMatch(page, /<!--/);
  t.equal(page.split('<script').length, 2, 'its own script alone');
  const known = new Set(elements(reportPage(run)));
  t.same(
    [...new Set(elements(page))].filter((each) => !known.has(each)),
    [],
    'no other elements',
  );
  t.equal(page.split('</style').length, 2);
  t.end();
});

test('the gallery has each picture at each epsilon, and marks wrong answers', (t) => {
  const page = reportPage(run);
  t.equal(page.match(/<img /g)?.length, 2 * (1 + 2), 'clean, perturbation and adversarial, for two epsilons');
  t.equal(page.match(/<details class="epsilon" open/g)?.length, 1);
  t.match(page, /<div class="soft">BP: seven, 99\.0/);
  const silent = exampleGallery.images.map((image) => ({ ...image, answers: { bp: null } }));
  t.match(reportPage({ ...run, gallery: { ...exampleGallery, images: silent } }), /BP: no answer/);
  t.match(page, /<div class="fooled">BP: three, 60\.0[^<]*✗/);
  const first = /alt="perturbation" width="64" src="data:image\/png;base64,([^"]*)"/.exec(page)?.[1] ?? '';
  t.same([...decode(Buffer.from(first, 'base64')).data], [255, 0, 127, 127], 'white is +ε, black −ε, grey nothing');
  t.end();
});

test('the gallery says how many images of how many classes it shows, and draws 128 × 128 pixels as 64 × 64 of them', (t) => {
  const [rows, columns] = [128, 128];
  const bytesOf = (value: (row: number, column: number) => number) =>
    Buffer.from(Uint8Array.from({ length: rows * columns }, (_, i) => value(Math.floor(i / columns), i % columns)));
  const clean = bytesOf((row, column) => row + column);
  const gallery: Gallery = {
    ...exampleGallery,
    shape: [1, rows, columns],
    classes: Array.from({ length: 300 }, (_, c) => `class ${c}`),
    images: exampleGallery.images.map((image) => ({ ...image, pixels: clean.toString('base64') })),
    examples: exampleGallery.examples.map((each) => ({ ...each, pixels: clean.toString('base64') })),
  };
  const page = reportPage({ ...run, gallery });
  t.match(
    page,
    /Test images: 1, the first of each class, for 1 of the 300 classes\. Of 128 × 128 pixels each picture shows one in 2 rows/,
  );
  const first = /alt="clean image" width="64" src="data:image\/png;base64,([^"]*)"/.exec(page)?.[1] ?? '';
  const { width, height, data } = decode(Buffer.from(first, 'base64'));
  t.same([width, height, data[1], data[64], data[64 * 64 - 1]], [64, 64, 2, 2, 252]);
  const two = exampleGallery.images.concat(exampleGallery.images.map((image) => ({ ...image, label: 0 })));
  t.match(
    reportPage({ ...run, gallery: { ...exampleGallery, images: two } }),
    /Test images: 2, the first of each class\. Beside/,
  );
  const three = two.concat(exampleGallery.images);
  t.match(
    reportPage({ ...run, gallery: { ...exampleGallery, images: three } }),
    /3, the first of each class, and the next ones\./,
  );
  t.end();
});

test('an SVG is taken up only if it is a drawing and nothing else', (t) => {
  t.ok(drawing(svg));
  for (const bad of [
    '',
    'text',
    `${svg}<p>`,
    `${svg}${svg}`,
    `${svg} more`,
    '<svg><g></svg>',
    '<svg></g></svg>',
    '<svg>',
    '</svg>',
    '<svg><script>1</script></svg>',
    '<svg onload="x"></svg>',
    '<svg><path ONCLICK="x"/></svg>',
    '<svg><rect style="fill:url(x)"/></svg>',
    '<svg><text xlink:href="x">a</text></svg>',
    '<svg><rect fill="url(http://x)"/></svg>',
    '<svg><foreignObject></foreignObject></svg>',
    '<svg><!-- --></svg>',
  ]) {
    t.equal(drawing(bad), undefined, bad);
    t.match(reportPage({ ...run, figures: new Map([['figure-b.svg', bad]]) }), /figure-b\.svg is no drawing/);
  }
  t.end();
});

test('what is missing is left out, and a missing audit said', (t) => {
  const page = reportPage({ dataset: 'mnist', results: exampleResults(), epochs: [], figures: new Map() });
  t.match(page, /Not audited/);
  t.notMatch(page, /<h2>(Training|Checks|Figures|Gallery)/);
  t.end();
});

test('epsilons that print alike have headings of their own, in tables and in the gallery', async (t) => {
  const alike = [0.1, 0.1000001, 0.10000012];
  const { bp } = exampleAudit.models;
  const [example] = exampleGallery.examples;
  const page = reportPage({
    ...run,
    results: exampleResults({ epsilons: alike }),
    audit: {
      ...exampleAudit,
      models: { bp: { ...bp, points: alike.map((epsilon) => ({ ...bp.points[0], epsilon })) } },
    },
    gallery: { ...exampleGallery, examples: alike.map((epsilon) => ({ ...example, epsilon })) },
  });
  for (const text of ['0.1', '0.1000001', '0.10000012']) {
    t.match(page, `<summary>ε = ${text}</summary>`);
    t.match(page, new RegExp(`<th[^>]*>ε = ${text}</th>`), 'of curves');
    t.match(page, new RegExp(`<td[^>]*>${text}</td>`), 'of the worst case');
    t.match(page, new RegExp(`% at ε = ${text}[^0-9]`), 'in the networks’ table');
  }
});

test('the tables of curves state the loss that each attack maximised', async (t) => {
  const results = exampleResults({ attacks: ['bim', 'square', 'grey'] });
  const losses: Record<string, string | null> = { bim: 'cross-entropy', square: 'margin', grey: null };
  const curves = results.curves.map((curve) => ({ ...curve, loss: losses[curve.attack] }));
  const page = reportPage({ ...run, results: { ...results, curves } });
  const told = (attack: string) =>
    page.match(new RegExp(`<td[^>]*>${attack}</td><td[^>]*>feedback</td><td[^>]*>(.*?)</td>`))?.[1];
  t.same(['BIM', 'Square', 'Grey'].map(told), ['cross-entropy', 'margin', '–']);
});
