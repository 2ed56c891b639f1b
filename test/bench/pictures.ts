import type { Chart } from './report.ts';

const [WIDTH, HEIGHT] = [720, 420];
const PLOT = { left: 80, right: 24, top: 64, bottom: 56 };

/** Readable on light and dark, and by people who see colours otherwise: Okabe and Ito’s, and marks of their own. */
const colours = [
  ['#0072b2', '#56b4e9'],
  ['#d55e00', '#e69f00'],
  ['#007a5e', '#2bd4a4'],
  ['#a0467f', '#e79fc9'],
] as const;

interface Scale {
  at(value: number): number;
  ticks: number[];
}

/** A picture of how something grows, both axes by their logarithm. */
export function drawn({ title, x, y, lines }: Chart): string {
  const points = lines.flatMap((one) => one.points);
  const across = scale(
    points.map(([value]) => value),
    PLOT.left,
    WIDTH - PLOT.right,
  );
  const up = scale(
    points.map(([, value]) => value),
    HEIGHT - PLOT.bottom,
    PLOT.top,
  );
  const [right, bottom] = [WIDTH - PLOT.right, HEIGHT - PLOT.bottom];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="title">`,
    `<title id="title">${escaped(title)}</title>`,
    `<style>${style()}</style>`,
    `<rect class="page" width="${WIDTH}" height="${HEIGHT}" rx="8"/>`,
    `<text class="title" x="20" y="28">${escaped(title)}</text>`,
    ...across.ticks.flatMap((value) => [
      `<path class="grid" d="M${round(across.at(value))} ${PLOT.top}V${bottom}"/>`,
      `<text class="tick" x="${round(across.at(value))}" y="${bottom + 18}" text-anchor="middle">${short(value)}</text>`,
    ]),
    ...up.ticks.flatMap((value) => [
      `<path class="grid" d="M${PLOT.left} ${round(up.at(value))}H${right}"/>`,
      `<text class="tick" x="${PLOT.left - 8}" y="${round(up.at(value) + 4)}" text-anchor="end">${short(value)}</text>`,
    ]),
    `<text class="axis" x="${(PLOT.left + right) / 2}" y="${HEIGHT - 14}" text-anchor="middle">${escaped(x)}</text>`,
    `<text class="axis" transform="translate(20 ${(PLOT.top + bottom) / 2}) rotate(-90)" text-anchor="middle">${escaped(y)}</text>`,
    ...lines.flatMap((one, n) => [...curve(one.points, across, up, n), ...legend(one.name, n)]),
    '</svg>',
    '',
  ].join('\n');
}

function curve(points: Chart['lines'][number]['points'], across: Scale, up: Scale, n: number): string[] {
  const places = points.map(([x, y]) => [round(across.at(x)), round(up.at(y))] as const);
  return [
    `<path class="line c${n}" d="M${places.map(([x, y]) => `${x} ${y}`).join('L')}"/>`,
    ...places.map(([x, y]) => mark(x, y, n)),
  ];
}

function legend(name: string, n: number): string[] {
  const x = 24 + n * 170;
  return [mark(x, 46, n), `<text class="tick" x="${x + 10}" y="50">${escaped(name)}</text>`];
}

function mark(x: number, y: number, n: number): string {
  const shape = [
    `<circle class="f${n}" cx="${x}" cy="${y}" r="4"/>`,
    `<rect class="f${n}" x="${x - 4}" y="${y - 4}" width="8" height="8"/>`,
    `<path class="f${n}" d="M${x} ${y - 5}l5 9h-10z"/>`,
    `<path class="f${n}" d="M${x} ${y - 5}l5 5l-5 5l-5-5z"/>`,
  ];
  return shape[n % shape.length] ?? '';
}

/** From the power of ten below the least to the one above the most; where that is wide enough, ticks at 1, 2, 5. */
function scale(values: readonly number[], from: number, to: number): Scale {
  const some = values.filter((value) => value > 0);
  const [least, most] = [Math.min(...some), Math.max(...some)];
  const steps = most / least > 200 ? [1] : [1, 2, 5];
  const all: number[] = [];
  for (let power = Math.floor(Math.log10(least)); power <= Math.ceil(Math.log10(most)); power += 1)
    for (const step of steps) all.push(step * 10 ** power);
  const low = all.filter((tick) => tick <= least).at(-1) ?? least;
  const high = all.find((tick) => tick >= most && tick > low) ?? most * 2;
  const part = (value: number) => Math.log(Math.max(value, low) / low) / Math.log(high / low);
  return {
    at: (value) => from + (to - from) * part(value),
    ticks: all.filter((tick) => tick >= low && tick <= high),
  };
}

function style(): string {
  const dyes = (scheme: 0 | 1) =>
    colours.map((pair, n) => `.c${n}{stroke:${pair[scheme]}}.f${n}{fill:${pair[scheme]}}`).join('');
  const inks = (page: string, ink: string, grid: string) =>
    `.page{fill:${page}}.title,.axis,.tick{fill:${ink}}.grid{stroke:${grid}}`;
  return [
    'text{font-family:system-ui,sans-serif;font-size:12px}.title{font-size:16px;font-weight:600}',
    '.grid{fill:none;stroke-width:1}.line{fill:none;stroke-width:2}',
    `${inks('#ffffff', '#24292f', '#d8dee4')}${dyes(0)}`,
    `@media (prefers-color-scheme:dark){${inks('#161b22', '#e6edf3', '#30363d')}${dyes(1)}}`,
  ].join('');
}

const round = (value: number) => Math.round(value * 10) / 10;

/** 1,000,000 → 1 M. */
function short(value: number): string {
  if (value >= 1e6) return `${value / 1e6} M`;
  if (value >= 1e3) return `${value / 1e3} k`;
  return String(Number(value.toPrecision(2)));
}

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
