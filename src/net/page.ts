import { createHash } from 'node:crypto';

/** What the browser shows when the sign-in has come back. */
export type PageKind = 'done' | 'declined' | 'stale' | 'missing';

const style = `
:root{color-scheme:light dark;--ink:#1d1d28;--soft:#62627a;--page:#f4f4f8;--card:#fff;--line:#e4e4ee}
@media(prefers-color-scheme:dark){:root{--ink:#f1f1f6;--soft:#a3a3b8;--page:#14141b;--card:#1e1e28;--line:#2e2e3c}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:24px;background:var(--page);color:var(--ink);
font:17px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:30rem;padding:44px 40px;text-align:center;background:var(--card);border:1px solid var(--line);
border-radius:20px;box-shadow:0 12px 40px rgb(20 20 40/.08)}
.mark{width:64px;height:64px;margin:0 auto 20px;border-radius:50%;display:grid;place-items:center;color:#fff;
font-size:32px;line-height:1}
.good{background:#1f9d61}.bad{background:#d9822b}
h1{margin:0 0 10px;font-size:1.45rem;line-height:1.25}
p{margin:0;color:var(--soft)}
footer{margin-top:28px;font-size:.85rem;color:var(--soft)}
`;

const texts: Readonly<Record<PageKind, { good: boolean; title: string; text: string }>> = {
  done: {
    good: true,
    title: 'Back to your terminal',
    text: 'repost has received the sign-in and is finishing it there. You can close this tab.',
  },
  declined: {
    good: false,
    title: 'The sign-in was not completed',
    text: 'Your terminal says what happened and how to try again. You can close this tab.',
  },
  stale: {
    good: false,
    title: 'This page belongs to another sign-in',
    text: 'Use the newest tab, or run the login command again. Nothing was changed.',
  },
  missing: {
    good: false,
    title: 'Nothing is here',
    text: 'repost only waits for one sign-in at this address.',
  },
};

/** A whole page. Static: nothing that came with the request is ever repeated in it. */
export function renderPage(kind: PageKind): string {
  const { good, title, text } = texts[kind];
  const mark = `<div class="mark ${good ? 'good' : 'bad'}" aria-hidden="true">${good ? '✓' : '!'}</div>`;
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>repost – ${title}</title>` +
    `<meta name="viewport" content="width=device-width,initial-scale=1"><style>${style}</style></head>` +
    `<body><main>${mark}<h1>${title}</h1><p>${text}</p><footer>repost</footer></main></body></html>\n`
  );
}

/** For every answer: nothing is cached, framed, sniffed, or told to the next page. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy':
    `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; ` +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  connection: 'close',
};
