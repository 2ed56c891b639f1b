import type { OAuthSignIn } from '../../src/core/platform.ts';
import { linkedin } from '../../src/platforms/linkedin.ts';
import { createLinkedin } from '../../src/sandbox/linkedin.ts';
import type { LinkedinQuirks } from '../../src/sandbox/linkedin-quirks.ts';
import { openStage, type SignedIn, type Stage, video } from './stage.ts';

export interface LinkedinStage extends Stage {
  quirks(change: Partial<LinkedinQuirks>): Promise<unknown>;
}

function staged(stage: Stage): LinkedinStage {
  return { ...stage, quirks: (change) => stage.pull('quirks', change) };
}

/** A member's sign-in. */
export const openMember = (appSettings: Record<string, unknown> = {}): LinkedinStage =>
  staged(openStage(linkedin, createLinkedin, { appSettings }));

/** A sign-in for pages. */
export const openPages = (): LinkedinStage =>
  staged(openStage(linkedin, createLinkedin, { signIn: linkedin.otherSignIns!['page'] as OAuthSignIn }));

/** Somebody signed in as a page, whose posts may be listed. */
export async function asPage(
  quirks: Partial<LinkedinQuirks> = {},
): Promise<{ stage: LinkedinStage; me: SignedIn }> {
  const stage = openPages();
  await stage.quirks(quirks);
  return { stage, me: await stage.login() };
}

export async function asMember(
  quirks: Partial<LinkedinQuirks> = {},
): Promise<{ stage: LinkedinStage; me: SignedIn }> {
  const stage = openMember();
  await stage.quirks(quirks);
  return { stage, me: await stage.login() };
}

/** Posts that were sent, whatever became of them. */
export const sendings = (stage: Stage) => stage.asked('POST', /^\/rest\/posts$/u);

export const textOf = (caption: string, options: Record<string, unknown> = {}, title?: string) =>
  linkedin.fit({
    caption,
    url: video.url,
    options,
    accountSettings: {},
    ...(title === undefined ? {} : { title }),
  });

export const bodyOf = (request: { body: Buffer } | undefined) =>
  JSON.parse(request?.body.toString() ?? 'null') as Record<string, unknown>;
