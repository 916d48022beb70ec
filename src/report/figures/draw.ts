import { join } from 'node:path';
import type { TopLevelSpec } from 'vega-lite';
import { remove, writeWhole } from '../../disk/files.js';
import { renderPng, renderSvg } from './render.js';

/**
 * Writes figures into an existing folder, each as SVG and PNG. One that there is nothing to draw in, undefined, is not
 * written, and an earlier run's files of its name are removed.
 *
 * @returns the names of the files written
 */
export async function drawInto(
  folder: string,
  figures: Readonly<Record<string, TopLevelSpec | undefined>>,
): Promise<string[]> {
  const written: string[] = [];
  for (const [name, spec] of Object.entries(figures)) {
    if (spec === undefined) await Promise.all(filesOf(name).map((file) => remove(join(folder, file))));
    else written.push(...(await drawOne(folder, name, spec)).files);
  }
  return written;
}

/**
 * Writes one figure as SVG and PNG.
 *
 * @returns the names of the files, and the text of the first
 */
export async function drawOne(
  folder: string,
  name: string,
  spec: TopLevelSpec,
): Promise<{ readonly files: readonly string[]; readonly svg: string }> {
  const files = filesOf(name);
  const svg = await renderSvg(spec);
  await writeWhole(join(folder, files[0]), svg);
  await writeWhole(join(folder, files[1]), await renderPng(svg));
  return { files, svg };
}

const filesOf = (name: string) => [`${name}.svg`, `${name}.png`] as const;
