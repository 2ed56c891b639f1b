import { createHash } from 'node:crypto';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text made safe between tags and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/gu, (character) => entities[character] ?? character);
}

export interface Page {
  html: string;
  /** Content-Security-Policy: no script at all, and no style but the page's own. */
  policy: string;
}

/** A whole page with its one inline style sheet. `body` is HTML already. */
export function htmlPage(options: { title: string; css: string; body: string }): Page {
  const { css } = options;
  const hash = createHash('sha256').update(css).digest('base64');
  return {
    html: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(options.title)}</title>
<style>${css}</style>
</head>
<body>
${options.body}
</body>
</html>
`,
    policy: `default-src 'none'; style-src 'sha256-${hash}'; media-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'`,
  };
}
