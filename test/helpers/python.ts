/* Debian's Python, which has libraries that no npm package stands in for. */
import { spawnSync } from 'node:child_process';

/** The Python that Debian's packages are for, whichever comes first in the path. */
export const PYTHON = '/usr/bin/python3';

/** What a test says that is left out for want of some of Debian's modules; false where all are there. */
export function debianPython(...modules: readonly string[]): string | false {
  const { status } = spawnSync(PYTHON, ['-c', modules.map((name) => `import ${name}`).join('\n')]);
  if (status === 0) return false;
  return `needs ${modules.map((name) => `python3-${name}`).join(', ')} (apt-get install)`;
}
