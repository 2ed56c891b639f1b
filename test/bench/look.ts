import { probe } from '../../src/media/probe.ts';
import { race, timed } from './race.ts';
import { figure, median, type Row, ratios } from './report.ts';

const AT_ONCE = 50;

export async function look(video: string, rounds: number): Promise<Row[]> {
  const results = await race<string, number>(rounds, {
    async own() {
      const from = performance.now();
      for (let n = 0; n < AT_ONCE; n += 1) await probe(video);
      return (performance.now() - from) / AT_ONCE;
    },
    ffprobe: () =>
      timed(['ffprobe', '-v', 'error', '-of', 'json', '-show_format', '-show_streams', video]).wallMs,
  });
  const { own = [], ffprobe = [] } = results;
  const measured = ratios(own, ffprobe);
  return [
    {
      what: 'looking at an ordinary MP4',
      reference: '`ffprobe`',
      target: 'at most 0.01',
      measured,
      met: measured.median <= 0.01,
      note: `${figure(median(own))} ms; ffprobe ${figure(median(ffprobe))} ms`,
    },
  ];
}
