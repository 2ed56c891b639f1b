/** Text that is HTML already. Only `html` makes it. */
export interface Html {
  readonly html: string;
}

export type Piece = string | number | Html | null | undefined | false | readonly Piece[];

/** A template whose every value is escaped, whatever a caption or a name holds; nested templates are taken as they are. */
export function html(parts: TemplateStringsArray, ...values: readonly Piece[]): Html {
  return {
    html: parts.map((part, index) => part + (index < values.length ? textOf(values[index]) : '')).join(''),
  };
}

function textOf(value: Piece): string {
  if (value === null || value === undefined || value === false) return '';
  if (typeof value === 'object') return 'html' in value ? value.html : value.map(textOf).join('');
  return escapeText(String(value));
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Also takes away what makes text run the other way or hides in it. */
function escapeText(text: string): string {
  return text
    .replace(/[&<>"']/gu, (sign) => entities[sign] ?? '')
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u202a-\u202e\u2066-\u2069]/gu, '�');
}
