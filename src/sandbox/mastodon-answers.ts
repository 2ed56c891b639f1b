import type { MastodonQuirks } from './mastodon-quirks.ts';
import type { SimRequest, SimResponse } from './types.ts';
import { type FormPart, partsOf } from './x-multipart.ts';

/** An answer that ends the handling of a request. */
export class Refusal extends Error {
  readonly response: SimResponse;

  constructor(response: SimResponse) {
    super(`refused with ${response.status}`);
    this.response = response;
  }
}

/** `{"error": "…"}`: https://docs.joinmastodon.org/entities/Error/ */
export function refuse(status: number, error: string, description?: string): Refusal {
  return new Refusal({
    status,
    body: { error, ...(description === undefined ? {} : { error_description: description }) },
  });
}

export const notFound = () => refuse(404, 'Record not found');

/** What the proxy in front of a server shows. */
export function proxyPage(status: number, words: string): Refusal {
  return new Refusal({
    status,
    headers: { server: 'nginx', 'content-type': 'text/html' },
    body: `<html>\r\n<head><title>${status} ${words}</title></head>\r\n<body>\r\n<center><h1>${status} ${words}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`,
  });
}

/** Sentences of refusals, in the languages that the simulated servers speak. `%s` is filled in. */
const sentences = {
  notProcessed: {
    en: 'Cannot attach files that have not finished processing. Try again in a moment!',
    de: 'Dateien, die noch nicht verarbeitet wurden, können nicht angehängt werden. Versuche es gleich noch einmal!',
  },
  notAttachable: {
    en: 'Media %s not found or already attached to another post',
    de: 'Medien %s nicht gefunden oder bereits an einen anderen Beitrag angehängt',
  },
  mixed: {
    en: 'Cannot attach a video to a post that already contains images',
    de: 'Es kann kein Video an einen Beitrag, der bereits Bilder enthält, angehängt werden',
  },
  tooMany: {
    en: 'Cannot attach more than 4 files',
    de: 'Es können nicht mehr als 4 Dateien angehängt werden',
  },
  tooLong: {
    en: 'Validation failed: Text character limit of %s exceeded',
    de: 'Gültigkeitsprüfung ist fehlgeschlagen: Text Zeichenlimit von %s überschritten',
  },
  blank: {
    en: "Validation failed: Text can't be blank",
    de: 'Gültigkeitsprüfung ist fehlgeschlagen: Text muss ausgefüllt werden',
  },
  type: {
    en: 'Validation failed: File content type is invalid, File is invalid',
    de: 'Gültigkeitsprüfung ist fehlgeschlagen: Datei hat ungültigen Inhaltstyp, Datei ist ungültig',
  },
  noFile: {
    en: "Validation failed: File can't be blank",
    de: 'Gültigkeitsprüfung ist fehlgeschlagen: Datei muss ausgefüllt werden',
  },
  size: {
    en: 'Validation failed: File file size must be less than %s Bytes',
    de: 'Gültigkeitsprüfung ist fehlgeschlagen: Datei muss kleiner als %s Bytes sein',
  },
  picture: { en: '%s videos are not supported', de: '%s-Videos werden nicht unterstützt' },
} as const;

/** A refusal in words, in the language that the request asks for. */
export function invalid(
  quirks: MastodonQuirks,
  request: SimRequest,
  sentence: keyof typeof sentences,
  filling = '',
): Refusal {
  const asked = /^(en|de)\b/u.exec(request.headers['accept-language'] ?? '')?.[1];
  const language = asked === 'en' || asked === 'de' ? asked : quirks.language;
  return refuse(422, sentences[sentence][language].replace('%s', filling));
}

/** Parameters of a request, wherever they stand. Values are text, lists of text, or what JSON had. */
export interface Parameters {
  value(name: string): unknown;
  text(name: string): string;
  list(name: string): unknown[];
  file(name: string): FormPart | undefined;
  names: readonly string[];
}

/** Rails takes parameters from the query, from a form, from multipart and from JSON. Throws 400. */
export function parametersOf(request: SimRequest): Parameters {
  const type = request.headers['content-type'] ?? '';
  const found = new Map<string, unknown[]>();
  const files = new Map<string, FormPart>();
  const add = (name: string, value: unknown) => found.set(name, [...(found.get(name) ?? []), value]);
  for (const [name, value] of request.query) add(name, value);
  if (type.startsWith('application/json') && request.body.length > 0)
    for (const [name, value] of Object.entries(jsonOf(request.body)))
      for (const one of Array.isArray(value) ? value : [value]) add(name, one);
  if (type.startsWith('application/x-www-form-urlencoded'))
    for (const [name, value] of new URLSearchParams(request.body.toString())) add(name, value);
  if (type.startsWith('multipart/form-data')) {
    const parts = partsOf(type, request.body);
    if (!parts) throw refuse(400, 'Bad Request');
    for (const part of parts) {
      if (part.filename === undefined) add(part.name, part.value.toString());
      else files.set(part.name, part);
    }
  }
  const list = (name: string) =>
    [...(found.get(name) ?? []), ...(found.get(`${name}[]`) ?? [])].filter(
      (value) => value !== null && value !== undefined,
    );
  return {
    list,
    value: (name) => list(name).at(-1),
    text: (name) => String(list(name).at(-1) ?? ''),
    file: (name) => files.get(name),
    names: [...found.keys()],
  };
}

function jsonOf(body: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString());
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    // Falls through to the refusal.
  }
  throw refuse(400, 'Error occurred while parsing request parameters');
}
