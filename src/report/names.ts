/** How the names in results and on the command line (`bp`, `mi-fgsm`, `cifar10`) are shown to a reader. */

const shown: Readonly<Record<string, string>> = {
  mnist: 'MNIST',
  cifar10: 'CIFAR-10',
  bp: 'BP',
  fa: 'FA',
  dfa: 'DFA',
  fgsm: 'FGSM',
  bim: 'BIM',
  mi: 'MI',
  pgd: 'PGD',
  apgd: 'APGD',
  ce: 'CE',
  dlr: 'DLR',
  spsa: 'SPSA',
};

/** `mi-fgsm` → `MI-FGSM`. A part that is no known abbreviation stays as it is: `sign-symmetry`. */
export function displayName(name: string): string {
  return name
    .split('-')
    .map((part) => shown[part] ?? part)
    .join('-');
}

/** `BP → FA`: examples made on BP, shown to FA. */
export function directionName(source: string, target: string): string {
  return `${displayName(source)} → ${displayName(target)}`;
}

/** `FGSM`, `FGSM and BIM`, `FGSM, BIM and MI-FGSM`. */
export function list(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** A share in [0, 1] as a person reads it: `96.1 %`, or `0.03 %` below one. The space does not break. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(share > 0 && share < 0.01 ? 2 : 1)}\u00a0%`;
}
