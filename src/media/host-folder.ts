import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, copyFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Failure } from '../core/failure.ts';
import type { MediaHost } from '../core/host.ts';
import { hostTrouble, OFFER_MS } from '../core/host.ts';
import type { Http } from '../core/http.ts';
import { checkHost } from './host-check.ts';
import { fileEnding, publicUrl } from './host-names.ts';

export interface FolderOptions {
  /** Folder that a web server of the user's own serves. */
  folder: string;
  /** Its public address. */
  publicBase: string;
  /** To look at it from outside. */
  http: Http;
}

/**
 * A folder that the user's own web server makes public. A copy has a name of 192 random bits, and is there only
 * as long as its job needs it.
 */
export function folderHost({ folder, publicBase, http }: FolderOptions): MediaHost {
  const pathOf = (handle: string) => join(folder, handle);
  const host: MediaHost = {
    kind: 'folder',
    place: `folder ${folder} at ${publicBase}`,
    newHandle: (file) => `${randomBytes(24).toString('hex')}${fileEnding(file)}`,
    async offer(handle, file, signal) {
      const half = halfOf(pathOf(handle));
      // Asked first: a copy that fails names its source, whichever of the two is missing.
      await access(folder, constants.W_OK).catch((error: unknown) => {
        throw unwritable(http, folder, error);
      });
      try {
        await copyFile(file.path, half);
        signal?.throwIfAborted();
        // Whole or not at all: a crawler that comes early must not get half a video.
        await rename(half, pathOf(handle));
      } catch (error) {
        await rm(half, { force: true }).catch(() => undefined);
        throw signal?.aborted
          ? new Failure('E_INTERRUPTED', { certain: true })
          : unwritable(http, folder, error);
      }
      return { url: publicUrl(publicBase, handle), until: http.clock.now() + OFFER_MS };
    },
    async withdraw(handle) {
      try {
        for (const path of [pathOf(handle), halfOf(pathOf(handle))]) await rm(path, { force: true });
      } catch (error) {
        throw unwritable(http, folder, error);
      }
    },
    check: () => checkHost(host, http, { signed: false, listings: [publicBase] }),
  };
  return host;
}

/** Hidden, so that no server hands it out. */
const halfOf = (path: string) => join(dirname(path), `.${basename(path)}.part`);

function unwritable({ clock }: Http, folder: string, error: unknown): Failure {
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC') return new Failure('E_DISK_FULL', { certain: true, cause: error });
  if (code === 'ENOENT' && syscall === 'copyfile')
    return new Failure('E_NO_MEDIA', {
      kind: 'retry',
      certain: true,
      message: 'The video’s file is no longer in the cache.',
      cause: error,
    });
  return hostTrouble(
    clock,
    `The folder ${folder} of the media host can’t be written (${code ?? message}).`,
    'Make the folder, and let repost write into it.',
  );
}
