/**
 * X's own view of a text, written anew from https://docs.x.com/fundamentals/counting-characters: what it takes
 * for a link, how long it is. Endings are all those of countries and the ones that captions really hold.
 */
const countries =
  'ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sj sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw';
const general =
  'com net org info biz edu gov mil int mobi name pro tel app art blog cafe city cloud club codes company design dev digital email fun games gift guru help host house international lol link live ltd media menu museum music name network news ninja one online page party photo photos pics plus press pub rocks sale school shop site social space store studio style team tech tips today top tours trade travel tube vip video watch website wiki work works world xyz zip zone';
const endings = new Set(`${countries} ${general}`.split(' '));

const domain =
  /(https?:\/\/)?((?:[a-z0-9À-ɏ](?:[a-z0-9À-ɏ_-]*[a-z0-9À-ɏ])?\.)*[a-z0-9À-ɏ](?:[a-z0-9À-ɏ-]*[a-z0-9À-ɏ])?\.)([a-z]{2,13}|xn--[a-z0-9-]+)(?![a-z0-9@+-])((?::\d+)?\/\S*)?/giu;

export interface SeenLink {
  start: number;
  end: number;
}

export function linksIn(text: string): SeenLink[] {
  const links: SeenLink[] = [];
  for (const match of text.matchAll(domain)) {
    const [whole, protocol = '', names = '', ending = ''] = match;
    const before = text[match.index - 1] ?? ' ';
    const known = endings.has(ending.toLowerCase()) || /^xn--/iu.test(ending);
    const sensible = names.split('.').every((label) => label.length <= 63) && whole.length <= 4096;
    const free = protocol !== '' ? !/[a-z0-9@#$]/iu.test(before) : !/[a-z0-9@#$_./-]/iu.test(before);
    if (known && sensible && free) links.push({ start: match.index, end: match.index + whole.length });
  }
  return links;
}

const pieces = new Intl.Segmenter('en', { granularity: 'grapheme' });

export function lengthOf(text: string): number {
  const plain = text.normalize('NFC');
  let length = 0;
  let at = 0;
  for (const { start, end } of linksIn(plain)) {
    length += wordsLength(plain.slice(at, start)) + 23;
    at = end;
  }
  return length + wordsLength(plain.slice(at));
}

function wordsLength(text: string): number {
  let length = 0;
  for (const { segment } of pieces.segment(text)) {
    const points = [...segment];
    const drawn = /\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20E3/u.test(segment);
    if (drawn && points.length > 1) length += 2;
    else for (const point of points) length += isNarrow(point.codePointAt(0) ?? 0) ? 1 : 2;
  }
  return length;
}

function isNarrow(point: number): boolean {
  return (
    point < 0x1100 ||
    (point >= 0x2000 && point <= 0x200d) ||
    (point >= 0x2010 && point <= 0x201f) ||
    (point >= 0x2032 && point <= 0x2037)
  );
}

export function cashtagsIn(text: string): number {
  return (text.match(/(?<!\S)\$[a-z]{1,6}(?:[._][a-z]{1,2})?(?![a-z0-9])/giu) ?? []).length;
}

/** Two texts that X would call the same. */
export function sameness(text: string): string {
  return text.normalize('NFC').toLowerCase().replace(/\s+/gu, ' ').trim();
}

/** As it stands in answers. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
