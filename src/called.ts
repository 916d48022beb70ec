import { basename } from 'node:path';

/**
 * A command line of this program, as the person at the keyboard has called it: `npm start -- audit out/mnist-1` in a
 * clone, `npx weight-transport audit out/mnist-1` where it is a package.
 *
 * @param script the file that Node.js was started with
 */
export function called(args: string, script = process.argv[1] ?? ''): string {
  const installed = /[\\/]node_modules[\\/]/.test(script) || basename(script) === 'weight-transport';
  return `${installed ? 'npx weight-transport' : 'npm start --'} ${args}`;
}
