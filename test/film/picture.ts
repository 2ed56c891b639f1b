/** A terminal's text with its colours, or a page's picture, set as one picture of the film with its caption. */

const colours = ['#2e3440', '#e06c75', '#7fbf7f', '#e5c07b', '#61afef', '#c678dd', '#56b6c2', '#d8dee9'];

const escaped = (text: string) =>
  text.replace(/[&<>]/gu, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[sign] ?? sign);

/** What tmux captures with its colours (`capture-pane -e`), as HTML. */
export function htmlOf(captured: string): string {
  let style = '';
  return captured
    .split(/(\u001b\[[\d;]*m)/u)
    .map((part) => {
      const codes = /^\u001b\[([\d;]*)m$/u.exec(part)?.[1];
      if (codes === undefined)
        return style === '' || part === '' ? escaped(part) : `<span style="${style}">${escaped(part)}</span>`;
      for (const code of codes.split(';').map(Number)) style = styleAfter(style, code);
      return '';
    })
    .join('');
}

function styleAfter(style: string, code: number): string {
  if (code === 0) return '';
  if (code === 1) return `${style};font-weight:bold`;
  if (code === 2) return `${style};opacity:.65`;
  if (code === 39) return style.replace(/;?color:[^;]*/gu, '');
  if (code >= 30 && code <= 37) return `${style};color:${colours[code - 30]}`;
  return style;
}

export interface Scene {
  chapter: string;
  caption: string;
  /** How long it stands, in seconds. */
  seconds: number;
  /** HTML of a terminal, or a PNG of a page. */
  terminal?: string;
  page?: Buffer;
  /** The guide and the README show what the page showed then, under this name. */
  still?: string;
}

/** The scene as a page of 1280 × 720. */
export function pageOf({ chapter, caption, terminal, page }: Scene): string {
  const shown =
    page === undefined
      ? `<pre>${terminal ?? ''}</pre>`
      : `<img src="data:image/png;base64,${page.toString('base64')}">`;
  return `<!doctype html><meta charset="utf-8"><style>
    body { margin: 0; width: 1280px; height: 720px; background: #14181f; color: #e6e9ef; font: 24px system-ui, sans-serif; overflow: hidden }
    main { height: 616px; margin: 16px 24px 0; background: #0d1016; border-radius: 12px; overflow: hidden; display: flex; justify-content: center }
    pre { margin: 20px; width: 100%; font: 18px/25px 'DejaVu Sans Mono', monospace }
    img { max-width: 100%; max-height: 100%; object-fit: contain }
    footer { margin: 14px 24px; display: flex; gap: 20px; align-items: baseline }
    b { color: #7fbf7f; font-size: 18px; white-space: nowrap }
  </style><main>${shown}</main><footer><b>${escaped(chapter)}</b><span>${escaped(caption)}</span></footer>`;
}

/** A terminal alone, as high as what it says; where its requests went is of no use in a guide. */
export function stillOf(terminal: string): string {
  const said = terminal
    .replace(/note: requests go to[\s\S]*?real\s+platforms\n/u, '')
    .replace(/\s*\$\s*$/u, '');
  return `<!doctype html><meta charset="utf-8"><style>
    body { margin: 0 }
    pre { margin: 0; padding: 18px 22px; background: #0d1016; color: #e6e9ef; font: 15px/22px 'DejaVu Sans Mono', monospace }
  </style><pre>${said}</pre>`;
}
