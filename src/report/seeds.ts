/** `1 to 5` for seeds that follow on each other, else `1, 2, 7`; ascending, each once. */
export function seedList(seeds: readonly number[]): string {
  const [first, last] = [seeds[0], seeds[seeds.length - 1]];
  return seeds.length > 2 && last - first === seeds.length - 1 ? `${first} to ${last}` : seeds.join(', ');
}
