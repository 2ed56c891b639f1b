import { probe } from '../../src/media/probe.ts';
import { race, timed } from './race.ts';
import { type Findings, figure, judged, median, ratios } from './report.ts';

const AT_ONCE = 50;

export async function look(video: string, rounds: number): Promise<Findings> {
  const { own, ffprobe } = await race(rounds, {
    async own() {
      const from = performance.now();
      for (let n = 0; n < AT_ONCE; n += 1) await probe(video);
      return (performance.now() - from) / AT_ONCE;
    },
    ffprobe: () =>
      timed(['ffprobe', '-v', 'error', '-of', 'json', '-show_format', '-show_streams', video]).wallMs,
  });
  return {
    rows: [
      judged(
        'looking at an ordinary MP4',
        '`ffprobe`',
        { atMost: 0.01 },
        ratios(own, ffprobe),
        `${figure(median(own))} ms; ffprobe ${figure(median(ffprobe))} ms`,
        'look',
      ),
    ],
  };
}
