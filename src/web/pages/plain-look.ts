import type { Part } from '../route.ts';

const css = `body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; color: #1c1b22; background: #fafaf8; }
main { max-width: 40rem; margin: 0 auto; padding: 2rem 1rem; }
h1 { font-size: 1.4rem; line-height: 1.25; }
code, pre { font-family: ui-monospace, monospace; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; border-left: 3px solid #8884; padding-left: 1rem; }
a { color: #0b57d0; }
dt { font-weight: 600; margin-top: 0.75rem; }
dd { margin: 0; overflow-wrap: anywhere; }
button { font: inherit; padding: 0.6rem 1.2rem; margin: 0 0.5rem 0.5rem 0; border: 1px solid #5f5e6b; border-radius: 0.4rem;
  background: #fff; color: inherit; cursor: pointer; }
button.main { background: #0b57d0; border-color: #0b57d0; color: #fff; }
button:focus-visible, a:focus-visible { outline: 3px solid #f5a524; outline-offset: 2px; }
@media (prefers-color-scheme: dark) {
  body { color: #f0eff4; background: #17161c; }
  a { color: #8ab4f8; }
  button { background: #2a2932; }
}
`;

/** The look of the simple pages: signing in, approving, the API’s description. */
export const plainLookPart: Part = (app) => {
  app.get('/assets/page.css', { config: { access: 'open' } }, (_request, reply) =>
    reply.type('text/css; charset=utf-8').send(css),
  );
};
