import type { HostedFile } from '../core/host.ts';

/** A web server tells a file's kind by its name's ending. */
export function fileEnding({ mimeType }: Pick<HostedFile, 'mimeType'>): '.mp4' | '.mov' {
  return mimeType === 'video/quicktime' ? '.mov' : '.mp4';
}

/** The address of a name below a base. Platforms want plain ASCII. */
export function publicUrl(base: string, name: string): string {
  const path = name.split('/').map(encodeURIComponent).join('/');
  return new URL(`${base.replace(/\/+$/u, '')}/${path}`).href;
}
