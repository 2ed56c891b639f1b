import type { Access } from './bluesky-access.ts';
import { createAccess } from './bluesky-access.ts';
import { ok, Refusal, refuse } from './bluesky-answers.ts';
import { blueskyControls } from './bluesky-controls.ts';
import type { Proofs } from './bluesky-dpop.ts';
import { createProofs } from './bluesky-dpop.ts';
import type { Limits } from './bluesky-limits.ts';
import { createLimits } from './bluesky-limits.ts';
import type { Network } from './bluesky-network.ts';
import {
  answerPlc,
  appView,
  createNetwork,
  entryway,
  getProfile,
  hostDid,
  hosts,
  plc,
  resolveHandle,
  video,
} from './bluesky-network.ts';
import type { BlueskyOauth } from './bluesky-oauth.ts';
import { createBlueskyOauth, withNonce } from './bluesky-oauth.ts';
import type { BlueskyQuirks } from './bluesky-quirks.ts';
import { usualQuirks } from './bluesky-quirks.ts';
import type { Repo } from './bluesky-repo.ts';
import { createRepo, uploadAllowed } from './bluesky-repo.ts';
import type { PasswordSessions } from './bluesky-sessions.ts';
import { createPasswordSessions } from './bluesky-sessions.ts';
import type { VideoService } from './bluesky-video.ts';
import { createVideoService } from './bluesky-video.ts';
import { createPostView, type PostView } from './bluesky-view.ts';
import { bearerOf } from './oauth.ts';
import type { SimRequest, SimResponse, SimulatorFactory, World } from './types.ts';

/** Everything behind Bluesky's hosts. */
export interface Bluesky {
  world: World;
  quirks: BlueskyQuirks;
  network: Network;
  proofs: Proofs;
  oauth: BlueskyOauth;
  passwords: PasswordSessions;
  access: Access;
  limits: Limits;
  repo: Repo;
  service: VideoService;
  view: PostView;
}

/** Simulated Bluesky: entryway, three servers for accounts, directory, public view and video service. */
export const createBluesky: SimulatorFactory = (world) => {
  const bluesky = assemble(world);
  return {
    platform: 'bluesky',
    origins: [entryway, appView, plc, video, ...hosts],
    handle(request) {
      try {
        return route(bluesky, request);
      } catch (error) {
        if (error instanceof Refusal) return error.response;
        throw error;
      }
    },
    posts: () => bluesky.repo.posts(),
    controls: blueskyControls(bluesky),
  };
};

function assemble(world: World): Bluesky {
  const quirks = { ...usualQuirks };
  const network = createNetwork(world);
  const proofs = createProofs(world, quirks);
  const oauth = createBlueskyOauth({ world, quirks, network, proofs });
  const passwords = createPasswordSessions(world, quirks, network);
  const access = createAccess({ world, network, proofs, oauth, passwords });
  const repo = createRepo(world, quirks, network);
  const service = createVideoService({ world, quirks, network, access, repo });
  return {
    world,
    quirks,
    network,
    proofs,
    oauth,
    passwords,
    access,
    limits: createLimits(world, quirks),
    repo,
    service,
    view: createPostView(repo, network),
  };
}

function route(bluesky: Bluesky, request: SimRequest): SimResponse {
  const { network, world, service } = bluesky;
  const own = request.origin === entryway || (hosts as readonly string[]).includes(request.origin);
  if (!own && request.headers['authorization'] !== undefined && !isService(bluesky, request))
    world.complain('bluesky', `credentials of an account were sent to ${request.origin}`);
  switch (request.origin) {
    case plc:
      return answerPlc(network, request);
    case video:
      return service.handle(request);
    case appView:
      return answerAppView(bluesky, request);
    default:
      return bluesky.oauth.handle(request) ?? answerServer(bluesky, request);
  }
}

function isService({ access }: Bluesky, request: SimRequest): boolean {
  return access.serviceToken(bearerOf(request)) !== undefined;
}

function answerAppView(bluesky: Bluesky, request: SimRequest): SimResponse {
  switch (request.path) {
    case '/xrpc/com.atproto.identity.resolveHandle':
      return resolveHandle(bluesky.network, request);
    case '/xrpc/app.bsky.actor.getProfile':
      return getProfile(bluesky.network, request);
    case '/xrpc/app.bsky.feed.getPosts':
      return bluesky.view.getPosts(request);
    default:
      return notThere(bluesky, request);
  }
}

/** The entryway and the servers: those of Bluesky pass sign-ins on to the entryway. */
function answerServer(bluesky: Bluesky, request: SimRequest): SimResponse {
  const { limits, network, passwords, repo } = bluesky;
  const method = /^\/xrpc\/([\w.]+)$/u.exec(request.path)?.[1];
  if (method === undefined) return notThere(bluesky, request);
  const ticket = limits.open(request.origin);
  switch (`${request.method} ${method}`) {
    case 'GET com.atproto.server.describeServer':
      return ticket.label(
        ok({
          did: hostDid(request.origin),
          availableUserDomains: ['.bsky.social'],
          inviteCodeRequired: false,
        }),
      );
    case 'GET com.atproto.identity.resolveHandle':
      return ticket.label(resolveHandle(network, request));
    case 'POST com.atproto.server.createSession':
      return ticket.label(passwords.create(request));
    case 'POST com.atproto.server.refreshSession':
      return ticket.label(passwords.refresh(request));
    case 'POST com.atproto.server.deleteSession':
      return passwords.end(request);
    case 'GET com.atproto.repo.getRecord':
    case 'GET com.atproto.repo.listRecords':
    case 'GET com.atproto.sync.getLatestCommit':
      return ticket.label(repo.read(request, request.origin));
  }
  return withProof(bluesky, request, () => ticket.label(answerCaller(bluesky, request, method, ticket)));
}

function withProof({ proofs }: Bluesky, request: SimRequest, work: () => SimResponse): SimResponse {
  return request.headers['dpop'] === undefined ? work() : withNonce(proofs, request, work);
}

function answerCaller(
  bluesky: Bluesky,
  request: SimRequest,
  method: string,
  ticket: ReturnType<Limits['open']>,
): SimResponse {
  const { access, network, quirks, repo, world } = bluesky;
  if (method === 'com.atproto.repo.uploadBlob' && isService(bluesky, request))
    return uploadByService(bluesky, request);
  const caller = access.caller(request);
  const { resident, scopes } = caller;
  switch (`${request.method} ${method}`) {
    case 'GET com.atproto.server.getSession':
      return ok({
        did: resident.did,
        handle: resident.handle,
        // Sign-ins in the browser are told no e-mail address without a right for it.
        ...(scopes ? {} : { email: 'someone@example.com', emailConfirmed: quirks.emailConfirmed }),
        active: true,
      });
    case 'GET com.atproto.server.getServiceAuth':
      return access.serviceAuth(request, caller);
    case 'POST com.atproto.repo.uploadBlob':
      uploadAllowed(caller, request);
      ticket.spend('blobs', 1, resident.did);
      return repo.upload(request, resident);
    case 'POST com.atproto.repo.createRecord':
    case 'POST com.atproto.repo.putRecord':
    case 'POST com.atproto.repo.deleteRecord':
    case 'POST com.atproto.repo.applyWrites':
      return repo.write(request, caller, ticket);
    case 'GET app.bsky.actor.getProfile':
      return getProfile(network, request);
    default:
      world.complain('bluesky', `there is no ${request.method} ${method}`);
      return refuse(501, 'MethodNotImplemented', 'Method Not Implemented');
  }
}

/** What the real video service does when a file is ready: it calls the account's server with the client's token. */
function uploadByService({ access, network, repo, world }: Bluesky, request: SimRequest): SimResponse {
  const token = access.serviceToken(bearerOf(request));
  const resident = token && network.find(token.iss);
  if (!token || !resident || resident.pds !== request.origin)
    return refuse(401, 'AuthMissing', 'Authentication Required');
  if (token.lxm !== 'com.atproto.repo.uploadBlob')
    return refuse(401, 'BadJwtLexiconMethod', 'bad jwt lexicon method ("lxm")');
  if (token.aud !== hostDid(request.origin))
    return refuse(401, 'BadJwtAudience', 'jwt audience does not match service did');
  if (token.exp * 1000 <= world.clock.now()) return refuse(401, 'JwtExpired', 'jwt expired');
  return repo.upload(request, resident);
}

function notThere({ world }: Bluesky, request: SimRequest): SimResponse {
  world.complain('bluesky', `there is no ${request.method} ${request.origin}${request.path}`);
  return { status: 404, body: { error: 'InvalidRequest', message: 'XRPCNotSupported' } };
}
