import { asFailure, Failure } from '../core/failure.ts';
import type { HttpRequest } from '../core/http.ts';
import type { Commit, Platform, Post, PublishRequest } from '../core/platform.ts';
import { apiOrigin, createdUrn, isPage, mayRead, postUrl, rest, siteOrigin, urnIn } from './linkedin-api.ts';
import { classifyAnswer } from './linkedin-errors.ts';
import { guide } from './linkedin-guide.ts';
import { carries, findPost, recentPosts } from './linkedin-lookups.ts';
import { calls, linkedinRules } from './linkedin-rules.ts';
import { identities, memberSignIn, pageSignIn } from './linkedin-sign-in.ts';
import { fitText } from './linkedin-text.ts';
import { uploadVideo } from './linkedin-upload.ts';

/** LinkedIn by the versioned Posts and Videos APIs: members, and pages where the app may post for them. */
export const linkedin: Platform = {
  id: 'linkedin',
  name: 'LinkedIn',
  guide,
  origins: [siteOrigin, apiOrigin],
  signIn: memberSignIn,
  otherSignIns: { page: pageSignIn },
  ...linkedinRules,
  fit: fitText,
  publish,
  identities,
  classify: classifyAnswer,
  recent: ({ http, account, since }) => recentPosts(http, account, since),
};

// ---------------------------------------------------------------- publishing

async function publish(request: PublishRequest): Promise<Post> {
  const { run } = request;
  const { video, warning } = await uploadVideo(request);
  const { id } = await run.commit('post', postOnce(request, video));
  return { id, url: postUrl(id), ...(warning === null ? {} : { warnings: [warning] }) };
}

/**
 * LinkedIn has no key against sending twice, only a filter of duplicates that nobody has described. The video in
 * the account's own list proves a post; where the list may not be read, only a person can tell.
 */
function postOnce(request: PublishRequest, video: string): Commit<{ id: string }> {
  const { http, account, text } = request;
  let sentBefore = false;
  return {
    act: async () => {
      try {
        const urn = createdUrn(await http.send(postRequest(request, video)));
        if (urn !== undefined) return { id: urn };
      } catch (error) {
        const failure = asFailure(error);
        if (failure.code === 'E_DUPLICATE') return await duplicate(request, video, failure, sentBefore);
        if (failure.code === 'E_HANDLE_EXPIRED' && sentBefore) throw nobodyKnows();
        throw failure;
      }
      throw new Failure('E_BAD_ANSWER', { message: 'LinkedIn took the post without naming it.' });
    },
    inDoubt: mayRead(account)
      ? async (sentAt) => {
          sentBefore = true;
          return findPost(http, account.remoteId, { video, text: text.body, at: sentAt });
        }
      : 'ask',
  };
}

function postRequest({ account, text, options }: PublishRequest, video: string): HttpRequest {
  const connectionsOnly = options['visibility'] === 'connections' && !isPage(account);
  return rest('posts', {
    json: {
      author: account.remoteId,
      commentary: text.body,
      visibility: connectionsOnly ? 'CONNECTIONS' : 'PUBLIC',
      distribution: { feedDistribution: 'MAIN_FEED', targetEntities: [], thirdPartyDistributionChannels: [] },
      content: { media: { id: video, ...(text.title === undefined ? {} : { title: text.title }) } },
      lifecycleState: 'PUBLISHED',
      isReshareDisabledByAuthor: options['reshare'] === false,
    },
    call: calls.post,
    effect: true,
  });
}

/** The post that LinkedIn says is there already: ours if it carries our video, else one with the same words. */
async function duplicate(
  { http }: PublishRequest,
  video: string,
  failure: Failure,
  sentBefore: boolean,
): Promise<{ id: string }> {
  const { message } = failure;
  const status = 422;
  const urn = urnIn(message);
  const ours =
    urn === undefined
      ? undefined
      : await carries(http, urn, video).catch((error: unknown) => {
          // The post was refused, whatever became of the look at the other one.
          const { code, kind, message: why, notBefore } = asFailure(error);
          const when = notBefore === undefined ? {} : { notBefore };
          throw new Failure(code, { kind, certain: !sentBefore, message: why, ...when });
        });
  if (ours === true && urn !== undefined) return { id: urn };
  // After a sending of ours whose answer was lost it is most likely ours: looked for again, never given up.
  if (sentBefore && ours !== false) throw new Failure('E_DUPLICATE', { kind: 'retry', message, status });
  const where = urn === undefined ? 'Look at the account' : `Look at ${postUrl(urn)}`;
  throw new Failure('E_DUPLICATE', {
    certain: true,
    message,
    status,
    hint: `${where}; if it is another video, change the caption template and retry.`,
  });
}

/** The journal is never undone past something sent. */
function nobodyKnows(): Failure {
  return new Failure('E_UNKNOWN_OUTCOME', { kind: 'doubt', certain: true });
}
