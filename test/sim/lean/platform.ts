import { SECOND } from '../../../src/core/clock.ts';
import { Failure, later, redo } from '../../../src/core/failure.ts';
import type { Http } from '../../../src/core/http.ts';
import type { Commit, LookUp, Platform, PublishRequest, Service } from '../../../src/core/platform.ts';
import type { Source } from '../../../src/core/source.ts';
import { standardGrant, standardTokenRequest } from '../../../src/net/token.ts';
import type { Flavour } from './flavours.ts';
import type { LeanVideo } from './server-videos.ts';

export const originOf = (id: string) => `https://${id}.lean.test`;

/** The job of a video is known by this everywhere. */
const keyOf = ({ video }: PublishRequest) => `v${video.remoteId}`;

function serviceOf(flavour: Flavour): Service {
  const { id, name, limits, costs } = flavour;
  const origin = originOf(id);
  return {
    id,
    name,
    origins: [origin],
    limits,
    costs,
    signIn: {
      kind: 'oauth',
      redirect: { uri: 'http://127.0.0.1:*/callback/', registered: false },
      pkce: 'none',
      scopes: ['all'],
      authorizeUrl: () => `${origin}/authorize`,
      exchange: () => Promise.reject(new Error('persons sign in at the server')),
      async refresh({ http, app, clock, grant }) {
        const answer = await standardTokenRequest({
          http,
          app,
          clock,
          service: { id, name },
          purpose: 'refresh',
          url: `${origin}/token`,
          fields: { grant_type: 'refresh_token', refresh_token: grant.refreshToken },
        });
        return standardGrant(answer, { clock, previous: grant });
      },
    },
    identities: async () => [],
    classify: (response) => (response.status === 410 ? expired() : undefined),
    readings: ({ headers }) =>
      flavour.tells === undefined || headers['x-left'] === undefined
        ? []
        : [
            {
              bucket: flavour.tells,
              remaining: Number(headers['x-left']),
              max: Number(headers['x-max']),
              resetsAt: Number(headers['x-reset']),
            },
          ],
  };
}

/** The server did nothing: it says so. */
function expired(): Failure {
  const { code, kind, step, message } = redo('create', 'The handle expired.');
  return new Failure(code, { kind, message, certain: true, ...(step === undefined ? {} : { step }) });
}

/** A platform in thirty lines, in the order of the real ones: create, upload, ready, publish. */
export function leanPlatform(flavour: Flavour): Platform {
  const service = serviceOf(flavour);
  const origin = originOf(flavour.id);
  return {
    ...service,
    media: { containers: ['mp4'], videoCodecs: ['h264'], audioCodecs: ['aac'], source: 'the simulation' },
    options: {},
    fit: ({ caption }) => ({
      body: caption,
      count: { used: caption.length, max: 1000, unit: 'characters' },
      notes: [],
    }),
    settleMs: flavour.settleMs,
    publishCall: 'publish',
    async recent({ http }) {
      await http.send({ url: `${origin}/list`, query: { key: '' }, call: 'list' });
      return [];
    },
    async publish(request) {
      const { run } = request;
      const handle = flavour.direct ? undefined : await prepare(request);
      const id = await run.commit('publish', {
        act: () => publish(request, handle),
        inDoubt: doubtOf(request, handle),
      });
      return { id, url: `${origin}/p/${id}` };
    },
  };

  /** Everything before the post becomes visible. Gives what it is published by. */
  async function prepare(request: PublishRequest): Promise<string> {
    const { run, http, clock } = request;
    const made = await run.step('create', () => create(http, keyOf(request)), { sealed: true });
    await run.step('upload', async () => {
      await http.send({
        method: 'PUT',
        url: `${origin}/upload`,
        query: { session_token: made.session },
        body: 'film',
        call: 'upload',
      });
      return true;
    });
    if (flavour.processingMs > 0) {
      await run.step('ready', async () => {
        const answer = await http.send({
          url: `${origin}/status`,
          query: { handle: made.handle },
          call: 'status',
        });
        if (!answer.json<{ ready: boolean }>().ready)
          throw later(clock.now() + 30 * SECOND, `${flavour.name} is processing.`);
        return true;
      });
    }
    return made.handle;
  }

  async function create(http: Http, key: string) {
    const answer = await http.send({
      method: 'POST',
      url: `${origin}/create`,
      json: { key },
      call: 'create',
    });
    const made = answer.json<{ handle?: string; session_token?: string }>();
    if (made.handle === undefined || made.session_token === undefined) throw new Failure('E_BAD_ANSWER');
    return { handle: made.handle, session: made.session_token };
  }

  async function publish(request: PublishRequest, handle: string | undefined): Promise<string> {
    const { http, run } = request;
    const what = handle === undefined ? { key: keyOf(request) } : { handle };
    const once = flavour.doubt === 'repeat' ? { once: `job-${run.jobId}` } : {};
    const answer = await http.send({
      method: 'POST',
      url: `${origin}/publish`,
      json: { ...what, ...once },
      call: 'publish',
      effect: true,
    });
    const { id } = answer.json<{ id?: string }>();
    if (id === undefined) throw new Failure('E_BAD_ANSWER');
    return id;
  }

  function doubtOf(request: PublishRequest, handle: string | undefined): Commit<string>['inDoubt'] {
    if (flavour.doubt === 'ask' || flavour.doubt === 'repeat') return flavour.doubt;
    return async (): Promise<LookUp<string>> => {
      const { http } = request;
      const answer =
        flavour.doubt === 'list'
          ? await http.send({ url: `${origin}/list`, query: { key: keyOf(request) }, call: 'list' })
          : await http.send({ url: `${origin}/find`, query: { handle }, call: 'find' });
      const { id, cut } = answer.json<{ id?: string; cut?: boolean }>();
      if (id !== undefined) return { found: id };
      return cut === true ? 'undecided' : 'absent';
    };
  }
}

/** The service whose videos are watched. */
export function leanSource(flavour: Flavour): { service: Service; source: Source } {
  const origin = originOf(flavour.id);
  const source: Source = {
    id: 'lean',
    async poll({ http, known, since }) {
      const found: Pick<LeanVideo, 'id' | 'createdAt'>[] = [];
      for (let after = 0; ; ) {
        const answer = await http.send({ url: `${origin}/videos`, query: { after }, call: 'videos' });
        const page = answer.json<{ videos?: typeof found; next?: number }>();
        if (!page.videos) throw new Failure('E_BAD_ANSWER');
        found.push(...page.videos);
        const oldest = page.videos.at(-1)?.createdAt ?? since;
        if (page.next === undefined) break;
        if (oldest < since && page.videos.every(({ id }) => known(id))) break;
        after = page.next;
      }
      return found.map(({ id, createdAt }) => ({
        remoteId: id,
        url: `${origin}/video/${id}`,
        caption: `Film v${id} #ride`,
        publishedAt: createdAt,
        kind: 'video' as const,
        facts: {},
      }));
    },
    async stillPublic({ http }, remoteId) {
      const answer = await http.send({ url: `${origin}/video`, query: { id: remoteId }, call: 'video' });
      const { shown } = answer.json<{ shown?: boolean }>();
      return shown === undefined ? 'unknown' : shown ? 'public' : 'gone';
    },
  };
  return { service: serviceOf(flavour), source };
}
