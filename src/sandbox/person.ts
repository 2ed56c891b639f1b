import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Sandbox } from './sandbox.ts';

export interface Choice {
  /** Handle or id of the account to sign in with; default the one that the page has chosen. Its id where there are many. */
  account?: string;
  /** True: press Deny. */
  deny?: boolean;
  /** Scopes to untick. */
  without?: readonly string[];
  /** False: stop at the address that the browser would be sent back to. Default true. */
  follow?: boolean;
}

export interface Outcome {
  /** The address that the browser was sent back to: the client's redirect address with its query. */
  redirectedTo: string;
  /** What the client showed in the browser. Absent where it was not followed. */
  status?: number;
  body?: string;
}

interface Reply {
  status: number;
  location: string | undefined;
  body: string;
}

type Browse = (url: string, form?: URLSearchParams) => Promise<Reply>;

/**
 * Does what a person does in the browser: opens the address, chooses, presses the button and lets the browser
 * be sent back to the client. Throws an Error with the page's words where the platform shows no form.
 */
export async function approve(authorizeUrl: string, choice: Choice = {}): Promise<Outcome> {
  // The server maps redirects between simulated platforms to itself: any other host is the client's.
  const { host } = new URL(authorizeUrl);
  const redirectedTo = await decide(authorizeUrl, choice, browseNetwork, (url) => url.host !== host);
  if (choice.follow === false) return { redirectedTo };
  const { status, body } = await browseNetwork(redirectedTo);
  return { redirectedTo, status, body };
}

/** The same without sockets, on a sandbox in this process; never follows. */
export async function approveWithin(
  sandbox: Sandbox,
  authorizeUrl: string,
  choice: Choice = {},
): Promise<Outcome> {
  const browse: Browse = async (address, form) => {
    const url = new URL(address);
    const answer = await sandbox.dispatch({
      origin: url.origin,
      method: form ? 'POST' : 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers: { host: url.host, ...(form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}) },
      body: Buffer.from(form?.toString() ?? ''),
      complete: true,
    });
    if ('cut' in answer) throw new Error(`the connection broke (${answer.cut})`);
    return { status: answer.status, location: answer.headers['location'], body: answer.body.toString() };
  };
  const isClients = (url: URL) => !sandbox.origins.includes(url.origin);
  return { redirectedTo: await decide(authorizeUrl, choice, browse, isClients) };
}

/** Pages that a person clicks through before giving up on a platform. */
const MOST_PAGES = 8;

async function decide(
  authorizeUrl: string,
  choice: Choice,
  browse: Browse,
  isClients: (url: URL) => boolean,
): Promise<string> {
  let url = authorizeUrl;
  let reply = await browse(url);
  for (let page = 0; page < MOST_PAGES; page += 1) {
    if (reply.status >= 300 && reply.status < 400 && reply.location !== undefined) {
      const next = new URL(reply.location, url);
      if (isClients(next)) return next.href;
      url = next.href;
      reply = await browse(url);
    } else if (reply.body.includes('<form')) {
      const form = filled(reply.body, choice);
      url = new URL(actionOf(reply.body), url).href;
      reply = await browse(url, form);
    } else {
      break;
    }
  }
  throw new Error(`no way on from the sign-in page (${reply.status}): ${wordsOf(reply.body)}`);
}

function isLoopback(url: URL): boolean {
  return ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
}

function actionOf(html: string): string {
  const form = /<form\b[^>]*>/u.exec(html)?.[0] ?? '';
  return attribute(form, 'action') ?? '';
}

/** The form as the person leaves it. */
function filled(html: string, choice: Choice): URLSearchParams {
  const form = new URLSearchParams();
  const inputs = html.match(/<input\b[^>]*>/gu) ?? [];
  const radios = inputs.filter((input) => attribute(input, 'type') === 'radio');
  const picked =
    choice.account === undefined
      ? (radios.find((input) => / checked\b/u.test(input)) ?? radios[0])
      : radios.find((input) =>
          [attribute(input, 'data-handle'), attribute(input, 'value')].includes(choice.account),
        );
  if (choice.account !== undefined && radios.length > 0 && !picked)
    throw new Error(`the page offers no account ${choice.account}`);
  for (const input of inputs) {
    const type = attribute(input, 'type');
    const value = attribute(input, 'value') ?? '';
    const taken =
      type === 'radio'
        ? input === picked
        : type === 'checkbox'
          ? / checked\b/u.test(input) && !/ disabled\b/u.test(input) && !choice.without?.includes(value)
          : type === 'hidden';
    if (type === 'text' && choice.account !== undefined)
      form.append(attribute(input, 'name') ?? '', choice.account);
    if (taken) form.append(attribute(input, 'name') ?? '', value);
  }
  form.append('decision', choice.deny ? 'deny' : 'approve');
  return form;
}

function attribute(tag: string, name: string): string | undefined {
  const value = new RegExp(`\\s${name}="([^"]*)"`, 'u').exec(tag)?.[1];
  return value
    ?.replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}

function wordsOf(html: string): string {
  return html
    .replace(/<(style|title)[\s\S]*?<\/\1>/gu, ' ')
    .replace(/<[^>]*>/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim();
}

function browseNetwork(address: string, form?: URLSearchParams): Promise<Reply> {
  const url = new URL(address);
  const body = form?.toString() ?? '';
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const request = send(
      url,
      {
        method: form ? 'POST' : 'GET',
        headers: {
          accept: 'text/html',
          ...(form
            ? {
                'content-type': 'application/x-www-form-urlencoded',
                'content-length': String(Buffer.byteLength(body)),
              }
            : {}),
        },
        // The client's own certificate, made on the spot, is signed by nobody: a person clicks the warning away.
        ...(url.protocol === 'https:' ? { rejectUnauthorized: !isLoopback(url) } : {}),
        agent: false,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            location: response.headers.location,
            body: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}
