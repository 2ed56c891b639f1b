import swagger from '@fastify/swagger';
import type { WebDeps } from './deps.ts';
import { sessionCookie } from './gate.ts';
import { createApp } from './server.ts';

/**
 * The OpenAPI document, made from the routes themselves: by a second application that never answers anything, so that
 * the first carries no more than it needs.
 */
export async function describeApi(deps: WebDeps): Promise<unknown> {
  const app = createApp({ ...deps, listen: () => () => undefined }, (fresh) => {
    void fresh.register(swagger, {
      hideUntagged: true,
      openapi: {
        openapi: '3.1.0',
        info: {
          title: 'repost',
          version: deps.version,
          license: { name: 'MIT', identifier: 'MIT' },
          description:
            'The local API of a repost daemon. Objects are the same that the commands print with --json. Errors are problem details (RFC 9457) with our codes. Lists come in pages: pass `next` as `cursor`. A changing request with an `Idempotency-Key` is done once.',
        },
        servers: [{ url: '/', description: 'This machine' }],
        components: {
          securitySchemes: {
            bearer: { type: 'http', scheme: 'bearer', description: 'A token of repost token add.' },
            session: { type: 'apiKey', in: 'cookie', name: sessionCookie, description: 'repost dashboard.' },
          },
        },
      },
    });
  });
  await app.ready();
  const document = app.swagger();
  await app.close();
  return document;
}
