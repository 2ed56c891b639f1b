// Everything works without this file. It adds: looking again when something changes, changes without a new page,
// keys, and selecting many at once.

/** Changes that come together are looked at once. */
const CALM_MS = 400;
/** Words such as “3 min ago” grow old. */
const AGAIN_MS = 30_000;

const frame = document.querySelector('[data-events]');
const pulse = document.getElementById('pulse');
let stream;
let due;
let looking = false;
let wanted = false;

// ------------------------------------------------------------ looking again

/** Makes `now` what `next` is, and leaves alone what a person is writing, has opened or has selected. */
function morph(now, next) {
  if (now.isEqualNode(next)) return;
  if (now.nodeType !== next.nodeType || now.nodeName !== next.nodeName || now.id !== next.id) {
    now.replaceWith(document.importNode(next, true));
    return;
  }
  if (now.nodeType !== Node.ELEMENT_NODE) {
    now.nodeValue = next.nodeValue;
    return;
  }
  if (now.matches('textarea, input') && (now.value !== now.defaultValue || now === document.activeElement))
    return;
  if (now.dataset.loaded) return;
  for (const { name } of [...now.attributes])
    if (!next.hasAttribute(name) && name !== 'open') now.removeAttribute(name);
  for (const { name, value } of [...next.attributes])
    if (now.getAttribute(name) !== value) now.setAttribute(name, value);
  const keyed = new Map([...now.children].filter((child) => child.id).map((child) => [child.id, child]));
  let at = now.firstChild;
  for (const child of [...next.childNodes]) {
    const same = child.id ? keyed.get(child.id) : undefined;
    if (same && same !== at) now.insertBefore(same, at);
    else if (child.id && !same) {
      now.insertBefore(document.importNode(child, true), at);
      continue;
    }
    const mine = same ?? at;
    if (!mine) {
      now.append(document.importNode(child, true));
      continue;
    }
    at = mine.nextSibling;
    morph(mine, child);
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
  }
}

function show(text) {
  const next = new DOMParser().parseFromString(text, 'text/html');
  for (const part of document.querySelectorAll('[data-live]')) {
    const fresh = next.getElementById(part.id);
    if (fresh) morph(part, fresh);
  }
  document.title = next.title;
  loadEvidence();
  countSelected();
  return next;
}

async function look() {
  if (looking) {
    wanted = true;
    return;
  }
  looking = true;
  try {
    const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
    if (answer.ok) show(await answer.text());
    else if (answer.status === 401) location.reload();
  } catch {
    setPulse(false);
  } finally {
    looking = false;
    if (wanted) {
      wanted = false;
      lookSoon();
    }
  }
}

function lookSoon() {
  if (due) return;
  due = setTimeout(() => {
    due = undefined;
    void look();
  }, CALM_MS);
}

function setPulse(on) {
  pulse.hidden = false;
  pulse.classList.toggle('on', on);
  pulse.textContent = on ? 'Live' : 'Not connected';
}

function listen() {
  stream = new EventSource('/api/v1/events');
  stream.onopen = () => setPulse(true);
  stream.onerror = () => setPulse(false);
  for (const name of frame.dataset.events.split(' ')) stream.addEventListener(name, lookSoon);
}

// A page that nobody sees keeps no connection.
document.addEventListener('visibilitychange', () => {
  stream?.close();
  if (document.hidden) return;
  listen();
  lookSoon();
});
addEventListener('pagehide', () => stream?.close());
setInterval(() => {
  if (!document.hidden) lookSoon();
}, AGAIN_MS);

/** What an account shows is asked once for a page: platforms count such questions. */
function loadEvidence() {
  for (const place of document.querySelectorAll('[data-load]:not([data-loaded])')) {
    place.dataset.loaded = 'asked';
    void fetch(place.dataset.load)
      .then(async (answer) => {
        if (!answer.ok) return;
        const found = new DOMParser()
          .parseFromString(await answer.text(), 'text/html')
          .getElementById('evidence');
        if (!found) return;
        found.removeAttribute('id');
        place.replaceChildren(document.importNode(found, true));
      })
      .catch(() => undefined);
  }
}

// ------------------------------------------------------------ changes

document.addEventListener('submit', (event) => {
  const form = event.target;
  const { submitter } = event;
  if (form.method !== 'post' || form.action.endsWith('/sign-out')) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, submitter));
  const action = submitter?.hasAttribute('formaction') ? submitter.formAction : form.action;
  if (submitter) submitter.disabled = true;
  void fetch(action, { method: 'POST', body })
    .then(async (answer) => {
      const text = await answer.text();
      if (answer.ok) settle(form);
      const next = answer.ok ? show(text) : new DOMParser().parseFromString(text, 'text/html');
      const word = next.querySelector(answer.ok ? '#said > *' : '.problem');
      say(word ? document.importNode(word, true) : 'That did not work.');
    })
    .catch(() => say('The daemon does not answer.'))
    .finally(() => {
      if (submitter) submitter.disabled = false;
    });
});

/** What was written is kept now: the next look may take it over. */
function settle(form) {
  for (const field of form.querySelectorAll('textarea, input'))
    if ('defaultValue' in field) field.defaultValue = field.value;
  document.activeElement?.blur();
}

function say(word) {
  document.getElementById('said').replaceChildren(word);
  scrollTo({ top: 0, behavior: 'smooth' });
}

// ------------------------------------------------------------ selecting

const boxes = () => [...document.querySelectorAll('input[name="jobs"]')];

function countSelected() {
  const chosen = boxes().filter((box) => box.checked).length;
  for (const button of document.querySelectorAll('button[value="selected"]')) {
    button.textContent = chosen === 0 ? 'Retry selected' : `Retry selected (${chosen})`;
    button.disabled = chosen === 0;
  }
}

document.addEventListener('change', (event) => {
  if (event.target.name === 'jobs') countSelected();
});

// ------------------------------------------------------------ keys

const keys = document.getElementById('keys');
let went = 0;
let place = -1;

const rows = () => [...document.querySelectorAll('#live .row, #live .card, #live .todo li')];

function move(by) {
  const all = rows();
  if (all.length === 0) return;
  all[place]?.classList.remove('at');
  place = Math.max(0, Math.min(all.length - 1, place + by));
  all[place].classList.add('at');
  all[place].scrollIntoView({ block: 'nearest' });
  (all[place].querySelector('a.open') ?? all[place]).focus({ preventScroll: true });
}

document.addEventListener('keydown', (event) => {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || keys.open) return;
  if (target.matches('textarea, select, input:not([type="checkbox"])')) {
    if (key === 'Escape') target.blur();
    return;
  }
  if (Date.now() - went < 1500) {
    went = 0;
    const link = document.querySelector(`#nav a[data-key="${CSS.escape(key)}"]`);
    if (link) location.assign(link.href);
    return;
  }
  if (key === 'g') went = Date.now();
  else if (key === 'j') move(1);
  else if (key === 'k') move(-1);
  else if (key === 'x') rows()[place]?.querySelector('input[name="jobs"]')?.click();
  else if (key === 'R') document.querySelector('button[value="selected"]:not(:disabled)')?.click();
  else if (key === '?') keys.showModal();
});

const showKeys = document.getElementById('show-keys');
showKeys.hidden = false;
showKeys.addEventListener('click', () => keys.showModal());

// On a phone the pages stand in a row that is longer than the screen.
document.querySelector('#nav [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
countSelected();
loadEvidence();
listen();
