import { escapeHtml, htmlPage } from './html.ts';
import type { SimAccount, SimRequest, SimResponse } from './types.ts';

export interface ConsentRequest {
  /** `TikTok`. */
  platformName: string;
  /** The developer app that asks. */
  appName: string;
  /** The accounts that this browser is signed in with; the first is chosen. */
  accounts: readonly Pick<SimAccount, 'id' | 'handle' | 'name'>[];
  /** Each scope may be unticked; `fixed` ones may not. */
  scopes: readonly { id: string; title?: string; fixed?: boolean }[];
  /** Sent back with the decision. */
  hidden?: Readonly<Record<string, string>>;
  /** `Google hasn't verified this app`. */
  warnings?: readonly string[];
}

/** What the person decided. */
export interface Decision {
  approved: boolean;
  accountId: string;
  scopes: string[];
  /** The form as it came, hidden fields included. */
  form: URLSearchParams;
}

/** A browser that is signed in with more accounts than this asks for the id of one. */
const MOST_SHOWN = 100;

const typedAccount =
  '<label class="tick"><input type="text" name="account" required><span>Id of the account</span></label>';

const accountRadio = ({ id, handle, name }: ConsentRequest['accounts'][number], index: number) =>
  `<label class="pick"><input type="radio" name="account" value="${escapeHtml(id)}"${index === 0 ? ' checked' : ''} data-handle="${escapeHtml(handle)}"><span><b>${escapeHtml(name)}</b><small>${escapeHtml(handle)}</small></span></label>`;

/**
 * The consent page of every simulated platform. Its form posts to the address it was got from, query
 * included, wherever that is mapped to: GET shows the page, POST decides.
 */
export function consentPage(request: ConsentRequest): SimResponse {
  const { platformName, appName } = request;
  const accounts = request.accounts.length > MOST_SHOWN ? [typedAccount] : request.accounts.map(accountRadio);
  const scopes = request.scopes.map(
    ({ id, title, fixed }) =>
      `<label class="tick"><input type="checkbox" name="scope" value="${escapeHtml(id)}" checked${fixed ? ' disabled' : ''}><span>${escapeHtml(title ?? id)}${title === undefined ? '' : `<small>${escapeHtml(id)}</small>`}</span></label>${
        fixed ? `<input type="hidden" name="scope" value="${escapeHtml(id)}">` : ''
      }`,
  );
  const hidden = Object.entries(request.hidden ?? {}).map(
    ([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`,
  );
  const page = htmlPage({
    title: `${platformName}: allow ${appName}?`,
    css,
    body: `<form method="post" data-consent>
<p class="stage">Simulated ${escapeHtml(platformName)}</p>
<h1>Allow <b>${escapeHtml(appName)}</b> to use your account?</h1>
${(request.warnings ?? []).map((warning) => `<p class="warning">${escapeHtml(warning)}</p>`).join('\n')}
<fieldset><legend>Account</legend>${accounts.join('\n')}</fieldset>
${scopes.length > 0 ? `<fieldset><legend>It may</legend>${scopes.join('\n')}</fieldset>` : ''}
${hidden.join('\n')}
<div class="buttons"><button name="decision" value="deny">Deny</button><button class="yes" name="decision" value="approve">Approve</button></div>
</form>`,
  });
  return pageResponse(200, page);
}

/** Reads the POST of a consent page. */
export function readDecision(request: SimRequest): Decision {
  const form = new URLSearchParams(request.body.toString());
  return {
    approved: form.get('decision') === 'approve',
    accountId: form.get('account') ?? '',
    scopes: [...new Set(form.getAll('scope'))],
    form,
  };
}

/** A page that ends the sign-in in the browser: nobody is sent back to the client. */
export function refusalPage(
  platformName: string,
  message: string,
  details: readonly string[] = [],
): SimResponse {
  const page = htmlPage({
    title: `${platformName}: something went wrong`,
    css,
    body: `<div class="refusal"><p class="stage">Simulated ${escapeHtml(platformName)}</p>
<h1>${escapeHtml(message)}</h1>
${details.map((detail) => `<p class="warning">${escapeHtml(detail)}</p>`).join('\n')}</div>`,
  });
  return pageResponse(200, page);
}

function pageResponse(status: number, page: { html: string; policy: string }): SimResponse {
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      // No form-action: browsers apply it to the redirect after the form, which leads to the client.
      'content-security-policy': page.policy,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    },
    body: page.html,
  };
}

const css = `
:root { color-scheme: light dark; --back: #eef0f4; --card: #fff; --ink: #16181d; --soft: #667; --line: #dde0e7; --yes: #1f6feb; }
@media (prefers-color-scheme: dark) { :root { --back: #101014; --card: #1b1b22; --ink: #f4f4f6; --soft: #9a9aa8; --line: #2c2c36; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 24px; background: var(--back); color: var(--ink); font: 16px/1.45 system-ui, sans-serif; }
form, .refusal { width: 100%; max-width: 430px; padding: 28px; border: 1px solid var(--line); border-radius: 20px; background: var(--card); box-shadow: 0 20px 50px #0002; }
.stage { margin: 0 0 6px; color: var(--soft); font-size: 13px; text-transform: uppercase; letter-spacing: 0.06em; }
h1 { margin: 0 0 18px; font-size: 22px; font-weight: 500; letter-spacing: -0.01em; overflow-wrap: anywhere; }
fieldset { min-width: 0; margin: 0 0 16px; padding: 8px 14px 12px; border: 1px solid var(--line); border-radius: 12px; }
legend { color: var(--soft); font-size: 13px; padding: 0 6px; }
label { display: flex; gap: 12px; align-items: center; padding: 7px 0; cursor: pointer; }
small { display: block; color: var(--soft); overflow-wrap: anywhere; }
.warning { margin: 0 0 14px; padding: 10px 14px; border-radius: 10px; background: #f5a52433; font-size: 14px; overflow-wrap: anywhere; }
.buttons { display: flex; gap: 12px; }
button { flex: 1; padding: 12px; border: 1px solid var(--line); border-radius: 12px; background: none; color: inherit; font: inherit; cursor: pointer; }
.yes { border-color: var(--yes); background: var(--yes); color: #fff; font-weight: 600; }
`;
