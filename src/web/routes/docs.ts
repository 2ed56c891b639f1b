import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asFailure, Failure } from '../../core/failure.ts';
import { html } from '../html.ts';
import { sendPage } from '../pages/page.ts';
import type { Part } from '../route.ts';

const script = `'use strict';
SwaggerUIBundle({ url: '/docs/openapi.json', dom_id: '#api', deepLinking: true, validatorUrl: null });
`;

const assets: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
};

/** The API's description: as a document, and to be browsed, without anything from the internet. */
export const docsPart: Part = (app, deps) => {
  const open = { config: { access: 'open' } } as const;
  let document: Promise<unknown> | undefined;

  app.get('/docs/openapi.json', open, async () => {
    document ??= import('../document.ts').then(({ describeApi }) => describeApi(deps));
    return document;
  });

  app.get('/docs', open, (_request, reply) =>
    sendPage(
      reply,
      {
        title: 'The API',
        styles: ['/docs/assets/swagger-ui.css'],
        scripts: ['/docs/assets/swagger-ui-bundle.js', '/docs/assets/start.js'],
      },
      html`<div id="api"></div><noscript><a href="/docs/openapi.json">The document</a></noscript>`,
    ),
  );

  app.get('/docs/assets/start.js', open, (_request, reply) =>
    reply.type('text/javascript; charset=utf-8').send(script),
  );

  app.get<{ Params: { file: string } }>('/docs/assets/:file', open, async (request, reply) => {
    const { file } = request.params;
    const type = Object.hasOwn(assets, file) ? assets[file] : undefined;
    if (type === undefined) throw new Failure('E_NOT_FOUND', { message: 'There is no such file.' });
    const content = await readFile(join(deps.assets, file)).catch((error) => {
      throw new Failure('E_NOT_FOUND', { message: asFailure(error).message });
    });
    return reply.type(type).send(content);
  });
};
