import { test } from 'tap';
import { runtimeOf } from '../../src/experiment/results.js';
import { parseResults } from '../../src/report/run/results.js';
import { exampleResults } from '../helpers/results-example.js';

test('Bun and Deno are called by their names, not Node.js', async (t) => {
  t.same(runtimeOf({ node: '20.20.2', v8: '11.3' }), { runtime: 'node 20.20.2', node: 'v20.20.2' });
  t.same(runtimeOf({ node: '26.3.0', bun: '1.3.1', v8: '13' }), { runtime: 'bun 1.3.1' });
  t.same(runtimeOf({ node: '26.3.0', deno: '2.5.4', v8: '14' }), { runtime: 'deno 2.5.4' });
});

test('results of Bun are read, and so are those of earlier builds, which state a version of Node.js alone', async (t) => {
  for (const runtime of [{ runtime: 'bun 1.3.1' }, { node: 'v20.20.2' }]) {
    const environment = { ...runtime, workers: 2, backend: 'simd', cpu: 'a CPU' };
    const text = JSON.stringify({ ...exampleResults(), environment });
    t.same(parseResults(text, 'results.json').environment, environment);
  }
});
