/** What is measured in a process of its own, or serves from one: each loads nothing but its own parts. */
export const children: Readonly<Record<string, (...words: string[]) => Promise<void>>> = {
  async sink(certificate = '') {
    const { serveSink } = await import('./sink.ts');
    console.log(await serveSink(certificate));
  },
  async client(way = '', origin = '', path = '', bytes = '0') {
    const { runClient } = await import('./client.ts');
    await runClient(way, origin, path, Number(bytes));
  },
  async peer(way = '', origin = '', path = '', root = '') {
    const { runPeer } = await import('./peer-client.ts');
    await runPeer(way, origin, path, root);
  },
  async polls(way = '', origin = '', path = '', count = '0', restMs = '0') {
    const { runPolls } = await import('./poll-client.ts');
    await runPolls(way, origin, path, Number(count), Number(restMs));
  },
  async fetches(origin = '', count = '0') {
    const { runFetches } = await import('./fetch-client.ts');
    await runFetches(origin, Number(count));
  },
  async answers() {
    const { serveAnswer } = await import('./answer.ts');
    console.log(await serveAnswer());
  },
  async platforms(bytes = '0') {
    const { servePlatforms } = await import('./zero-delay.ts');
    console.log(await servePlatforms(Number(bytes)));
  },
  async way(origin = '', folder = '', destinations = '3', videos = '1') {
    const { runWay } = await import('./way-client.ts');
    await runWay(origin, folder, Number(destinations), Number(videos));
  },
  async engine(way = '', jobs = '0') {
    const { runEngine } = await import('./engine-client.ts');
    await runEngine(way, Number(jobs));
  },
};
