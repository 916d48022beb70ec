import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Test } from 'tap';
import { extract } from 'tar';

export const execute = promisify(execFile);

export const manifest: {
  version: string;
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
  exports: Record<string, string | Record<string, string>>;
  bin: Record<string, string>;
} = JSON.parse(readFileSync('package.json', 'utf8'));

/** Makes the tarball that would be published, of what is built. @returns its path. */
export async function pack(folder: string): Promise<string> {
  const args = ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder];
  const { stdout } = await execute('npm', args);
  return join(folder, stdout.trim());
}

/**
 * A folder of a stranger's with the package in its node_modules, out of the tarball, and beside it what the package
 * names among its dependencies, and nothing else: what it needs and doesn't name is missing. No registry is asked.
 */
export async function strangersFolder(t: Test): Promise<string> {
  const folder = t.testdir({ 'package.json': JSON.stringify({ type: 'module', private: true }) });
  const own = join(folder, 'node_modules/weight-transport');
  mkdirSync(own, { recursive: true });
  await extract({ file: await pack(folder), cwd: own, strip: 1 });
  for (const name of Object.keys(manifest.dependencies)) {
    const place = join(folder, 'node_modules', name);
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(resolve('node_modules', name), place);
  }
  return folder;
}

/** The code blocks of a language in a Markdown file. */
export function codeBlocks(file: string, language: string): string[] {
  const blocks = readFileSync(file, 'utf8').matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'));
  return [...blocks].map(([, code]) => code);
}

/** Writes files, their folders too. */
export function write(folder: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}
