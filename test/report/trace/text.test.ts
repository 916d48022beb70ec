import { test } from 'tap';
import { crossEntropy } from '../../../src/losses/cross-entropy.js';
import { DifferenceQuotients } from '../../../src/models/trace-check.js';
import { equation } from '../../../src/models/trace-equation.js';
import { parsePlace } from '../../../src/models/trace-place.js';
import { Tracer } from '../../../src/models/tracer.js';
import { mapRow } from '../../../src/report/trace/maps.js';
import {
  agrees,
  backwardText,
  equationText,
  forwardText,
  mapsText,
  outputText,
  placeText,
  verdictOf,
} from '../../../src/report/trace/text.js';
import { referenceKernels } from '../../../src/tensor/reference.js';
import { lenetOf, noiseImages } from '../../helpers/networks.js';

const image = noiseImages(1, [1, 28, 28]).data;
const networks = (['bp', 'fa'] as const).map((rule) => {
  const network = lenetOf(rule, referenceKernels());
  return { name: rule.toUpperCase(), network, trace: new Tracer(network).trace(image, 3, crossEntropy) };
});
const classes = [...'0123456789'];
const widest = (text: string) => Math.max(...text.split('\n').map((line) => [...line].length));

test('nothing is wider than the terminal, from 70 columns on', async (t) => {
  const place = parsePlace('conv2.weight[10,3,2,2]', networks[0].trace);
  const numbers = networks.map(({ name, network, trace }) => ({
    name,
    trace,
    place,
    quotient: new DifferenceQuotients(network).at(place, image, 3, crossEntropy),
  }));
  for (const width of [70, 80, 100, 200]) {
    for (const text of [
      forwardText(networks, width),
      backwardText(networks, width),
      outputText(networks, classes),
      mapsText(networks, width),
      placeText(numbers, width),
    ]) {
      t.ok(widest(text) <= width, `${widest(text)} of ${width}: ${text.split('\n')[1]}`);
    }
  }
});

test('a class’s name reaches no terminal as a command, and no second row', (t) => {
  const odd = ['\u001b[31mred', 'line\nbreak', ...Array<string>(8).fill('x')];
  const text = outputText(networks, odd, 100);
  t.ok(text.includes('␛[31mred') && text.includes('line␊break'));
  t.end();
});

test('networks stand side by side where there is room', async (t) => {
  t.equal(forwardText(networks, 60).match(/Layer/g)?.length, 2);
  t.equal(forwardText(networks, 100).match(/Layer/g)?.length, 1);
});

test('a map’s characters stand for the mean magnitude under them', async (t) => {
  const { lines, shown } = mapRow(Float32Array.of(0, 0, 0, 4, 0, 0, 2, -4), [2, 2, 2], 80);
  t.same({ lines, shown }, { lines: [' █ ▒█'], shown: 2 });
  t.equal(mapRow(new Float32Array(16 * 100), [16, 10, 10], 43).shown, 4);
  t.same(mapRow(new Float32Array(9), [1, 3, 3], 10).lines, ['', ''], 'all zeros are blank');
});

test('of 300 classes the table of logits shows the image’s own, each network’s likeliest, and the others’ sum', async (t) => {
  const logitsOf = (likely: number) => Float32Array.from({ length: 300 }, (_, c) => (c === likely ? 8 : -c / 1000));
  const many = networks.map(({ name, trace }, n) => ({
    name,
    trace: { ...trace, logits: logitsOf(200 + n), label: 250 },
  }));
  const text = outputText(
    many,
    Array.from({ length: 300 }, (_, c) => `class ${c}`),
  );
  const rows = text.split('\n').filter((line) => line.includes('class'));
  t.same(
    rows.map((line) => line.split('│')[1].trim()),
    [...[0, 1, 2, 3, 200, 201, 250].map((c) => `class ${c}`), '293 other classes'],
  );
  const shares = rows.map((line) => Number(line.split('│')[3]));
  t.ok(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1) < 1e-3, 'the shares add up to 1');
  t.equal(outputText(networks, classes).match(/^│ \d/gm)?.length, 10, 'of ten classes each has a row');
});

test('an equation shows its largest terms, and what the others come to', async (t) => {
  const { trace } = networks[1];
  const made = equation(trace, parsePlace('conv2.y[3,4,5]', trace), 'own');
  const text = equationText(made, 100);
  t.match(text, /^conv2\.y\[3,4,5\] = /);
  t.equal(text.match(/ · conv2\.x\[/g)?.length, 8);
  t.match(text, /smaller terms: /);
  t.match(equationText(equation(trace, parsePlace('fc3.dx[4]', trace), 'own'), 100), /fc3\.feedback\[/);
  t.match(equationText(equation(trace, parsePlace('fc3.dx[4]', trace), 'exact'), 100), /fc3\.weight\[/);
});

test('agreement is to three digits, and a gradient that underflowed is told from one that is zero', async (t) => {
  t.ok(agrees(1, 1.0005) && agrees(0, 0) && !agrees(1, -1) && !agrees(1, 1.01));
  t.match(verdictOf({ own: 0, exact: 0 }, 2e-58), /too small for float32/);
  t.match(verdictOf({ own: 0.1, exact: 0.2 }, 0.2), /is not the slope/);
});
