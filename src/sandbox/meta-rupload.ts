import type { MetaPlatform } from './meta.ts';
import type { Holder, MetaAccess } from './meta-access.ts';
import type { SimRequest, SimResponse } from './types.ts';

/** Where bytes are gathered: a container or a video. */
export interface Receiver {
  /** Bytes so far. */
  received(): number;
  /** True where this token may send. */
  mayReceive(holder: Holder): boolean;
  /** Sets the size on the first request; false where another was set before. */
  setSize(bytes: number): boolean;
  append(bytes: Buffer): void;
  /** All is there. */
  finish(): void;
  /** False: it takes no bytes any more. */
  open(): boolean;
  /** Refuses this request for no reason. */
  refusesForNoReason(): boolean;
  /** Has Meta fetch a file from somebody’s server. */
  fetch(address: string): SimResponse;
}

export type Receivers = (id: string) => Receiver | undefined;

/** rupload's own error shape: no `error` key. */
export function debugInfo(status: number, type: string, message: string, retriable: boolean): SimResponse {
  return { status, body: { debug_info: { retriable, type, message } } };
}

/** rupload.facebook.com: one request carries everything from its offset to the file's end. */
export function createRupload(access: MetaAccess, receivers: Readonly<Record<MetaPlatform, Receivers>>) {
  return (request: SimRequest): SimResponse => {
    const [, kind, id = ''] =
      /^\/(ig-api-upload|video-upload)\/(?:v\d+\.\d+\/)?(\d+)$/u.exec(request.path) ?? [];
    const receiver = kind && (kind === 'video-upload' ? receivers.facebook : receivers.instagram)(id);
    if (!receiver || request.method !== 'POST')
      return debugInfo(404, 'ProcessingFailedError', 'Request processing failed', false);
    const token = /^OAuth +(\S+)$/u.exec(request.headers['authorization'] ?? '')?.[1];
    if (!mayUpload(access, token, receiver)) {
      const inner = { success: false, error: { message: 'unauthorized user request' } };
      return debugInfo(400, 'ProcessingFailedError', JSON.stringify(inner), false);
    }
    const fileUrl = request.headers['file_url'];
    if (fileUrl !== undefined) return receiver.fetch(fileUrl);
    return take(request, receiver);
  };
}

function mayUpload(access: MetaAccess, token: string | undefined, receiver: Receiver): boolean {
  const found = access.tokens.find(token);
  return found.state === 'ok' && found.data.dead === undefined && receiver.mayReceive(found.data);
}

function take(request: SimRequest, receiver: Receiver): SimResponse {
  const offset = headerNumber(request, 'offset');
  const size = headerNumber(request, 'file_size');
  if (offset === undefined || size === undefined) {
    const which = offset === undefined ? 'Offset' : 'File_size';
    const message = `HeaderValuePredicate: Header ${which} not convertable to unsigned long`;
    return debugInfo(400, 'ParameterValidationError', message, false);
  }
  if (!receiver.open()) return debugInfo(400, 'ProcessingFailedError', 'Request processing failed', false);
  if (receiver.refusesForNoReason())
    return debugInfo(400, 'ProcessingFailedError', 'Request processing failed', true);
  if (offset !== receiver.received() || !receiver.setSize(size))
    return debugInfo(412, 'OffsetInvalidError', 'Request starting offset is invalid', true);
  const expected = size - offset;
  if (request.complete && request.body.length !== expected)
    return debugInfo(400, 'PartialRequestError', 'Partial request (did not match length of file)', false);
  // Where the connection broke, what arrived stays.
  receiver.append(request.body.subarray(0, expected));
  if (receiver.received() < size)
    return debugInfo(400, 'PartialRequestError', 'Partial request (did not match length of file)', false);
  receiver.finish();
  return { status: 200, body: { success: true, message: 'Upload successful.' } };
}

function headerNumber(request: SimRequest, name: string): number | undefined {
  const value = request.headers[name];
  return value !== undefined && /^\d+$/u.test(value) ? Number(value) : undefined;
}
