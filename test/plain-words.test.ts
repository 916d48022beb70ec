/*
 * The mechanical part of how we write: comments and texts of the folders that were rewritten in plain words use the
 * field's terms, begin with a verb or a noun, and have short sentences. A reader has to judge the rest.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'tap';
import ts from 'typescript';

/** Folders and files whose every comment and text was rewritten. The list grows until it is `src`. */
const REWRITTEN = [
  ...['bench', 'workers', 'src/crew', 'src/disk', 'src/export', 'src/layers', 'src/losses', 'src/metrics', 'src/parallel', 'src/rules'],
  ...['src/tensor', 'src/check.ts', 'src/errors.ts', 'src/lock.ts', 'src/schema.ts', 'src/version.ts', 'src/words.ts'],
]; // biome-ignore format: by kind
const GENERATED = /onnx_pb|node_modules/;

/** The most words that a sentence may have. */
const MOST = { comment: 30, text: 25 } as const;
type Kind = keyof typeof MOST;

const FORBIDDEN: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/\b(is|are|was|were|be|if) none\b/i, '"none" as a predicate: write "there are no images" or "is empty"'],
  [/^(what|that|who|so|such|how far|how often|how many)\b/i, 'begin with a verb, or name the thing'],
  [/\b(own|true) path\b/i, 'the feedback gradient path, the exact gradient path'],
  [/\bleaves?\b.{0,60}\bright\b/i, 'accuracy under …: … %'],
  [/\bworst case\b/i, 'robust accuracy'],
  [/\bway (up|down)\b|\bway to the pixels\b/i, 'forward pass, backward pass'],
  [/\b(foretold|foretells?|astray|parcel|slip of the pen|nobody knows|rehears\w+|mirage)\b/i, 'the standard word'],
  [/\bcarr(y|ies|ied) (the |an? |its )?(attack's )?(gradient|error)s?\b.*\bdown\b/i, 'gradient path'],
  [/\b(rooms?|walks?|walked|desk|board)\b/i, 'folder, pass, progress display, task runner'],
];

const sentences = (text: string): string[] => text.split(/(?<=[.!?:;])\s+(?=[A-Z`"ΔδεΣ(\d-])/);
const wordsOf = (sentence: string): number => sentence.split(/\s+/).filter((word) => /[\p{L}\d]/u.test(word)).length;

/** What is wrong with a text, a finding each. */
function findings(text: string, kind: Kind): string[] {
  const line = text.replace(/\s+/g, ' ').trim();
  const forbidden = FORBIDDEN.filter(([pattern]) => pattern.test(line)).map(([, instead]) => instead);
  const long = sentences(line).filter((sentence) => wordsOf(sentence) > MOST[kind]);
  return [...forbidden, ...long.map((sentence) => `${wordsOf(sentence)} words in one sentence`)].map(
    (finding) => `${finding}: ${line.slice(0, 120)}`,
  );
}

/** The paragraphs of a comment, and the descriptions of its tags, without code. */
const paragraphs = (comment: string): string[] =>
  comment
    .replace(/^\/\*+|\*\/$|^\/\//g, '')
    .replace(/^\s*\* ?/gm, '')
    .replace(/```[\s\S]*?```|@example[\s\S]*/g, '')
    .split(/\n\s*\n|\n(?=@)/)
    .map((part) => part.trim().replace(/^@(param|returns|throws|template)\s*/, ''));

/** The comments and the texts of several words in a file of TypeScript. */
function* textsOf(source: ts.SourceFile): Generator<readonly [kind: Kind, text: string]> {
  const { text } = source;
  const seen = new Set<number>();
  const nodes: ts.Node[] = [source];
  for (let node = nodes.pop(); node; node = nodes.pop()) {
    ts.forEachChild(node, (child) => void nodes.push(child));
    for (const { pos, end } of [
      ...(ts.getLeadingCommentRanges(text, node.getFullStart()) ?? []),
      ...(ts.getTrailingCommentRanges(text, node.getFullStart()) ?? []),
    ]) {
      const comment = text.slice(pos, end);
      if (!seen.has(pos) && !comment.includes('biome-ignore'))
        for (const part of paragraphs(comment)) yield ['comment', part];
      seen.add(pos);
    }
    const written = ts.isTemplateExpression(node)
      ? node.head.text + node.templateSpans.map(({ literal }) => `X${literal.text}`).join('')
      : ts.isStringLiteralLike(node)
        ? node.text
        : '';
    if (/[a-z]{2,} [a-z]{2,} /i.test(written)) yield ['text', written];
  }
}

test('the linter finds what it is for', (t) => {
  t.equal(findings('if an argument is none', 'comment').length, 1);
  t.equal(findings('What a file holds.', 'comment').length, 1);
  t.equal(findings("the paper's attacks leave 98.0 % right, the worst case 0.0 %", 'text').length, 2);
  t.equal(findings(`Reads ${'very '.repeat(30)}long files.`, 'text').length, 1);
  t.same(findings('Returns the accuracy under BIM.', 'comment'), []);
  t.end();
});

test('the folders that were rewritten stay in plain words', (t) => {
  const files = REWRITTEN.flatMap((path) =>
    path.endsWith('.ts')
      ? [path]
      : readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) => `${path}/${name.replaceAll('\\', '/')}`),
  ).filter((file) => file.endsWith('.ts') && !GENERATED.test(file));
  t.ok(files.length > 100, `${files.length} files`);
  for (const file of files) {
    const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
    const found = [...textsOf(source)].flatMap(([kind, text]) => findings(text, kind));
    t.same(found, [], file);
  }
  t.end();
});
