import { fileURLToPath } from 'node:url';
import { type BuildResult, build } from 'esbuild';

/** Bundles a built module for browsers as one ECMAScript module, in memory; errors and warnings are answered, not thrown. */
export const bundle = (entry: URL): Promise<BuildResult<{ write: false }>> =>
  build({
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
  });
