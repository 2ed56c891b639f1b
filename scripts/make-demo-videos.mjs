// Makes the videos that the demo publishes (src/sandbox/videos): small, upright, with sound, and such that every
// platform's limits can be seen at work. Needs ffmpeg with libx264 and libx265; the results are checked in.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'src', 'sandbox', 'videos');
const LARGEST_BYTES = 200_000;

// 9:16 and 576 pixels wide, as TikTok renders them; Facebook takes nothing narrower than 540; 24 frames/s
// keeps to Instagram's least of 23.
const size = '576x1024';
const rate = 24;
// `steps`: how often a second the gradient moves; the long one would be too large otherwise.

/** @type {{ name: string, seconds: number, colors: string[], title: string, steps: number, speed: number, tone: string, video: string[], audio: string[] }[]} */
const videos = [
  {
    name: 'sunrise.mp4',
    seconds: 12,
    colors: ['0x3a1c71', '0xff7e5f'],
    title: 'Morning ride',
    steps: 24,
    speed: 0.006,
    tone: '0.18*sin(2*PI*(220+110*floor(mod(t,4)))*t)*exp(-2*mod(t,1))',
    video: ['-c:v', 'libx264', '-preset', 'veryslow', '-crf', '30', '-profile:v', 'high', '-g', '96'],
    audio: ['-b:a', '24k'],
  },
  {
    name: 'waves.mp4',
    seconds: 9,
    colors: ['0x00223e', '0x2bc0e4'],
    title: 'By the sea',
    steps: 24,
    speed: 0.006,
    tone: '0.15*sin(2*PI*(330+55*floor(mod(t,3)))*t)*exp(-2*mod(t,1))',
    video: [
      '-c:v',
      'libx265',
      '-preset',
      'slow',
      '-crf',
      '32',
      '-tag:v',
      'hvc1',
      '-x265-params',
      'log-level=none',
    ],
    audio: ['-b:a', '24k'],
  },
  {
    name: 'long-walk.mp4',
    seconds: 64,
    colors: ['0x0b3d2e', '0x8fbf5f'],
    title: 'The long way',
    steps: 1,
    speed: 0.008,
    tone: '0.12*sin(2*PI*(196+49*floor(mod(t/2,5)))*t)*exp(-4*mod(t,2))',
    video: [
      '-c:v',
      'libx264',
      '-preset',
      'veryslow',
      '-crf',
      '35',
      '-profile:v',
      'high',
      '-g',
      '600',
      '-bf',
      '8',
    ],
    audio: ['-b:a', '6k', '-ar', '16000'],
  },
];

mkdirSync(folder, { recursive: true });
for (const { name, seconds, colors, title, steps, speed, tone, video, audio } of videos) {
  const [c0, c1] = colors;
  const gradient =
    `gradients=s=${size}:r=${steps}:d=${seconds}:n=2:c0=${c0}:c1=${c1}` +
    `:x0=96:y0=0:x1=480:y1=1024:speed=${speed}`;
  const text =
    `fps=${rate},drawtext=text='${title}':fontcolor=white:fontsize=70:x=(w-text_w)/2:y=h*0.36:shadowcolor=black@0.4:shadowx=2:shadowy=2,` +
    "drawtext=text='%{eif\\:t\\:d} s':fontcolor=white@0.9:fontsize=48:x=(w-text_w)/2:y=h*0.48";
  execFileSync(
    'ffmpeg',
    [
      ...['-nostdin', '-v', 'error', '-y', '-f', 'lavfi', '-i', gradient],
      ...['-f', 'lavfi', '-i', `aevalsrc='${tone}':s=44100:d=${seconds}`],
      ...['-vf', text, '-pix_fmt', 'yuv420p', ...video, '-c:a', 'aac', '-ac', '1', ...audio],
      ...['-t', String(seconds), '-map_metadata', '-1', '-fflags', '+bitexact', '-flags:v', '+bitexact'],
      ...['-movflags', '+faststart', join(folder, name)],
    ],
    { stdio: 'inherit' },
  );
}

for (const name of readdirSync(folder)) {
  const { size: bytes } = statSync(join(folder, name));
  console.log(`${name}: ${bytes} bytes`);
  if (bytes > LARGEST_BYTES) throw new Error(`${name} is larger than ${LARGEST_BYTES} bytes`);
}
