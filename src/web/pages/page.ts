import type { FastifyReply } from 'fastify';
import { type Html, html, type Piece } from '../html.ts';

export interface PageOptions {
  title: string;
  /** Scripts and styles by their address on this server: nothing may stand in the page itself. */
  scripts?: readonly string[];
  styles?: readonly string[];
}

/** One whole page; the policy of the server allows no inline script or style in it. */
export function sendPage(
  reply: FastifyReply,
  { title, scripts = [], styles = [] }: PageOptions,
  body: Piece,
): void {
  const page: Html = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} – repost</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
${['/assets/page.css', ...styles].map((address) => html`<link rel="stylesheet" href="${address}">\n`)}
${scripts.map((address) => html`<script src="${address}" defer></script>\n`)}
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;
  void reply.type('text/html; charset=utf-8').send(page.html);
}
