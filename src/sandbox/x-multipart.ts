export interface FormPart {
  name: string;
  filename?: string;
  value: Buffer;
}

/** Parts of a multipart/form-data body (RFC 7578); undefined where it is none, or does not end properly. */
export function partsOf(contentType: string, body: Buffer): FormPart[] | undefined {
  const [, quoted, plain] =
    /^multipart\/form-data\s*;.*?boundary=(?:"([^"]+)"|([^\s;]+))/iu.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) return undefined;
  const edge = Buffer.from(`--${boundary}`);
  const parts: FormPart[] = [];
  let at = body.indexOf(edge);
  while (at >= 0) {
    at += edge.length;
    if (body.subarray(at, at + 2).toString() === '--') return parts;
    const headEnd = body.indexOf('\r\n\r\n', at);
    const next = body.indexOf(Buffer.concat([Buffer.from('\r\n'), edge]), headEnd);
    if (headEnd < 0 || next < 0) return undefined;
    const head = body.subarray(at, headEnd).toString();
    const name = parameterOf(head, 'name');
    const filename = parameterOf(head, 'filename');
    if (name === undefined) return undefined;
    const value = body.subarray(headEnd + 4, next);
    parts.push(filename === undefined ? { name, value } : { name, filename, value });
    at = next + 2;
  }
  return undefined;
}

/** Quoted as a rule; a plain word needs no quotes. */
function parameterOf(head: string, name: string): string | undefined {
  const shape = new RegExp(`^content-disposition:.*?[; ]${name}=(?:"([^"]*)"|([^\\s";]+))`, 'imu');
  const [, quoted, plain] = shape.exec(head) ?? [];
  return quoted ?? plain;
}
