import { pinterest } from '../../src/platforms/pinterest.ts';
import { createPinterest } from '../../src/sandbox/pinterest.ts';
import type { PinterestQuirks } from '../../src/sandbox/pinterest-quirks.ts';
import { openStage, type SignedIn, type Stage, video } from './stage.ts';

export interface PinterestStage extends Stage {
  quirks(change: Partial<PinterestQuirks>): Promise<unknown>;
}

export function openPinterest(): PinterestStage {
  const stage = openStage(pinterest, createPinterest);
  return { ...stage, quirks: (change) => stage.pull('quirks', change) };
}

export async function signedIn(
  quirks: Partial<PinterestQuirks> = {},
): Promise<{ stage: PinterestStage; me: SignedIn }> {
  const stage = openPinterest();
  await stage.quirks(quirks);
  return { stage, me: await stage.login() };
}

/** Pins that were asked for, whatever became of them. */
export const sendings = (stage: Stage) => stage.asked('POST', /^\/v5\/pins$/u);
/** Forms that reached the storage. */
export const uploads = ({ requests }: Stage) =>
  requests.filter(({ origin }) => origin.includes('s3-accelerate'));

export const textOf = (caption: string, options: Record<string, unknown> = {}, title?: string) =>
  pinterest.fit({
    caption,
    url: video.url,
    options,
    accountSettings: {},
    ...(title === undefined ? {} : { title }),
  });

export const bodyOf = (request: { body: Buffer } | undefined) =>
  JSON.parse(request?.body.toString() ?? 'null') as Record<string, unknown>;
