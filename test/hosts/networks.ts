import { execFileSync } from 'node:child_process';

/**
 * A machine of its own for each daemon, as far as networks go: network namespaces, each with one link to the database
 * and one to the platforms. A link that is cut swallows what is sent, without a word, as a pulled cable far away does.
 * Wants root and Debian's iproute2.
 */
export interface Networks {
  /** This machine's addresses, for those who serve. */
  database: string;
  platforms: string;
  /** The words before a command that runs it on that machine. */
  within(machine: number): string[];
  cut(machine: number, link: Link): void;
  mend(machine: number, link: Link): void;
  close(): void;
}

export type Link = 'database' | 'platforms';

const links: Readonly<Record<Link, { bridge: string; subnet: string }>> = {
  database: { bridge: 'repost-db', subnet: '10.177.1' },
  platforms: { bridge: 'repost-pl', subnet: '10.177.2' },
};
const kinds = Object.keys(links) as Link[];

function ip(...words: string[]): void {
  execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'pipe'] });
}

const nameOf = (machine: number) => `repost-${machine}`;
const plugOf = (machine: number, link: Link) => `${links[link].bridge}${machine}`;

export function openNetworks(machines: number): Networks {
  close(machines);
  for (const kind of kinds) {
    const { bridge, subnet } = links[kind];
    ip('link', 'add', bridge, 'type', 'bridge');
    ip('addr', 'add', `${subnet}.1/24`, 'dev', bridge);
    ip('link', 'set', bridge, 'up');
  }
  for (let machine = 1; machine <= machines; machine += 1) {
    const name = nameOf(machine);
    ip('netns', 'add', name);
    ip('-n', name, 'link', 'set', 'lo', 'up');
    for (const kind of kinds) {
      const { bridge, subnet } = links[kind];
      const plug = plugOf(machine, kind);
      ip('link', 'add', plug, 'type', 'veth', 'peer', 'name', kind, 'netns', name);
      ip('-n', name, 'addr', 'add', `${subnet}.${machine + 1}/24`, 'dev', kind);
      ip('-n', name, 'link', 'set', kind, 'up');
      ip('link', 'set', plug, 'up', 'master', bridge);
    }
  }
  return {
    database: `${links.database.subnet}.1`,
    platforms: `${links.platforms.subnet}.1`,
    within: (machine) => ['ip', 'netns', 'exec', nameOf(machine)],
    cut: (machine, link) => ip('link', 'set', plugOf(machine, link), 'nomaster'),
    mend: (machine, link) => ip('link', 'set', plugOf(machine, link), 'master', links[link].bridge),
    close: () => close(machines),
  };
}

/** What is there, from now or from a run that was killed. */
function close(machines: number): void {
  for (let machine = 1; machine <= machines; machine += 1) {
    // A namespace outlives its name as long as somebody is in it, and its links with it.
    for (const kind of kinds) quietly('link', 'del', plugOf(machine, kind));
    quietly('netns', 'del', nameOf(machine));
  }
  for (const kind of kinds) quietly('link', 'del', links[kind].bridge);
}

function quietly(...words: string[]): void {
  try {
    ip(...words);
  } catch {
    // It is not there.
  }
}
