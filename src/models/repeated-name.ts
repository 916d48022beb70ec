/**
 * The first name that an object in a JSON text gives twice; undefined if none does. `JSON.parse` would keep the last of
 * the two and say nothing.
 *
 * @param text JSON that `JSON.parse` accepts
 */
export function repeatedName(text: string): string | undefined {
  /** The names so far in each object that is open; undefined for an array. */
  const open: (Set<string> | undefined)[] = [];
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    if (letter === '{') open.push(new Set());
    else if (letter === '[') open.push(undefined);
    else if (letter === '}' || letter === ']') open.pop();
    if (letter !== '"') continue;
    const begin = at;
    for (at++; text[at] !== '"'; at++) if (text[at] === '\\') at++;
    if (!isName(text, at)) continue;
    const name: string = JSON.parse(text.slice(begin, at + 1)); // "a" may be written "\u0061"
    const names = open.at(-1);
    if (names?.has(name)) return name;
    names?.add(name);
  }
  return undefined;
}

/** Whether the string that ends at `quote` is a name: a colon follows. */
function isName(text: string, quote: number): boolean {
  let next = quote + 1;
  while (/\s/.test(text[next] ?? '')) next++;
  return text[next] === ':';
}
