/** What all pages have in common. */
import { createHash } from 'node:crypto';
import { Html, html } from './html.js';
import { STYLE } from './style.js';

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** A page's text. It may show what it holds, run the script that is given here, and ask for nothing. */
export function wholePage(title: string, body: Html, script?: string): string {
  const policy = [
    "default-src 'none'",
    `style-src ${hashOf(STYLE)}`,
    'img-src data:',
    ...(script === undefined ? [] : [`script-src ${hashOf(script)}`]),
  ].join('; ');
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<main>
${body}
</main>
${script === undefined ? undefined : new Html(`<script>${script}</script>`)}
</body>
</html>
`.text;
}

/** Detail, shown when it is asked for, and in print. */
export const folded = (summary: string, detail: Html): Html =>
  html`<details><summary>${summary}</summary>${detail}</details>`;
