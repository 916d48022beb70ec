import { test } from 'tap';
import { parseSummary, type QuantitySpread } from '../../../src/report/summary/summary.js';
import { summarize } from '../../../src/sweep/compare/summarize.js';
import { audited, finishedRun } from './made-up.js';

const summaryOf = (...runs: ReturnType<typeof finishedRun>[]) => summarize({ runs, notes: [] }).summary;

/** The value of a quantity, by the fields that are given. */
function find(values: readonly QuantitySpread[], wanted: Partial<QuantitySpread>): QuantitySpread | undefined {
  const found = values.filter((value) =>
    Object.entries(wanted).every(([field, expected]) => value[field as keyof QuantitySpread] === expected),
  );
  if (found.length > 1) throw new Error(`${found.length} values are like ${JSON.stringify(wanted)}`);
  return found[0];
}

test('runs that differ by their seed alone are one group, with mean, deviation and ends', (t) => {
  const runs = [
    finishedRun({ seed: 3, bp: 400 }),
    finishedRun({ seed: 1, bp: 200 }),
    finishedRun({ seed: 2, bp: 300 }),
  ];
  const summary = summaryOf(...runs);
  t.equal(summary.groups.length, 1);
  const [{ seeds, runs: folders, values, settings }] = summary.groups;
  t.same(seeds, [1, 2, 3]);
  t.same(folders, ['out/mnist-1', 'out/mnist-2', 'out/mnist-3']);
  t.equal(settings, '');
  const accuracy = find(values, { quantity: 'accuracy', target: 'bp', source: 'bp', epsilon: 0.3 });
  t.match(accuracy, { count: 3, lowest: 0.2, highest: 0.4 });
  t.ok(Math.abs((accuracy?.mean ?? 0) - 0.3) < 1e-12);
  t.ok(Math.abs((accuracy?.deviation ?? 0) - 0.1) < 1e-12);
  t.match(find(values, { quantity: 'gradient angle', target: 'fa', layer: 'conv1' }), {
    count: 3,
    mean: 82,
    deviation: 1,
  });
  t.equal(find(values, { quantity: 'gradient angle', target: 'fa', layer: 'fc1' }), undefined, 'no angle, no number');
  t.same(summary.notes, []);
  t.same(summary.differences, []);
  t.same(parseSummary(JSON.stringify(summary), 'summary.json'), summary);
  t.end();
});

test('two groups are held against each other seed by seed', (t) => {
  const slow = [1, 2, 3].map((seed) => finishedRun({ seed, bp: 100 * seed, options: { lr: '0.001' } }));
  const fast = [2, 3, 4].map((seed) => finishedRun({ seed, bp: 100 * seed + 50, options: { lr: '0.002' } }));
  const { groups, differences } = summaryOf(...slow, ...fast);
  t.same(
    groups.map(({ settings }) => settings),
    ['lr 0.001', 'lr 0.002'],
  );
  t.equal(differences.length, 1);
  const [{ of, from, seeds, values }] = differences;
  t.same([from, of], [groups[0].id, groups[1].id]);
  t.same(seeds, [2, 3], 'those that both have');
  const difference = find(values, { quantity: 'accuracy', target: 'bp', source: 'bp', epsilon: 0.3 });
  t.equal(difference?.count, 2);
  t.ok(Math.abs((difference?.mean ?? 0) - 0.05) < 1e-12, 'though the groups’ own means are 0.15 apart');
  t.ok((difference?.deviation ?? 1) < 1e-12);
  t.end();
});

test('other test images and other ε are told, not compared', (t) => {
  const images = (test: string) => ({ imagesSha256: { training: 'a', test } });
  for (const [name, other] of [
    ['ε', finishedRun({ options: { epsilons: '0,0.2' } })],
    ['how many', finishedRun({ options: { testSize: '100' }, results: { testImages: 100 } })],
    ['which', finishedRun({ options: { data: '/other' }, results: images('c') })],
  ] as const) {
    const { groups, differences, notes } = summaryOf(finishedRun({ results: images('b') }), other);
    t.equal(groups.length, 2, name);
    t.same(differences, [], name);
    t.match(notes, [/not held against each other, since their test images or their ε are others/], name);
    t.equal(new Set(groups.map(({ settings }) => settings)).size, 2, 'and each has a name of its own');
  }
  t.end();
});

test('data of one’s own belong together where their images are the same, wherever they lie', (t) => {
  const results = { imagesSha256: { training: 'a', test: 'b' } };
  const { groups } = summaryOf(
    finishedRun({ seed: 1, options: { data: '/here' }, results }),
    finishedRun({ seed: 2, options: { data: '/there' }, results }),
    finishedRun({ seed: 3, options: { data: '/here' }, results: { imagesSha256: { training: 'x', test: 'b' } } }),
  );
  t.same(
    groups.map(({ seeds }) => seeds),
    [[1, 2], [3]],
  );
  t.end();
});

test('a run that is there twice counts once; the same run with other results is told', (t) => {
  const twin = summaryOf(finishedRun(), finishedRun({ folder: 'copy' }));
  t.same(twin.groups[0].seeds, [1]);
  t.match(twin.notes, [/copy is the same run as out\/mnist-1: counted once/]);
  const other = summaryOf(finishedRun(), finishedRun({ folder: 'copy', bp: 1 }));
  t.match(other.notes, [/copy has the configuration and the seed of out\/mnist-1, but other results, which can't be/]);
  const odd = finishedRun({ seed: 2, folder: 'odd' });
  const curves = odd.results.curves.slice(1);
  const shape = summaryOf(finishedRun(), { ...odd, results: { ...odd.results, curves } });
  t.same(shape.groups[0].seeds, [1]);
  t.match(shape.notes, [/odd has the configuration of out\/mnist-1, but other curves or networks/]);
  t.end();
});

test('audits are averaged where they were made alike', (t) => {
  const alike = summaryOf(
    finishedRun({ seed: 1, audit: audited(1, 0.2) }),
    finishedRun({ seed: 2, audit: audited(2, 0.4) }),
  );
  const worst = { quantity: 'worst case', target: 'bp', epsilon: 0.3 } as const;
  t.match(find(alike.groups[0].values, worst), { count: 2, lowest: 0.2, highest: 0.4 });
  t.equal(alike.groups[0].auditedImages, 1000);
  const unlike = summaryOf(
    finishedRun({ seed: 1, audit: audited(1, 0.2) }),
    finishedRun({ seed: 2, audit: audited(2, 0.4, 100) }),
  );
  t.match(find(unlike.groups[0].values, worst), { count: 1, mean: 0.2, deviation: null });
  t.match(unlike.notes, [/audit in out\/mnist-2 was made with other settings/]);
  const between = summaryOf(
    finishedRun({ audit: audited(1, 0.2) }),
    finishedRun({ options: { lr: '0.1' }, audit: audited(1, 0.4, 100) }),
  );
  t.equal(find(between.differences[0].values, worst), undefined, 'nor subtracted from each other');
  t.end();
});
