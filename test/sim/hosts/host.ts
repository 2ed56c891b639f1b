import { withHostLock } from '../../../src/cli/presence.ts';
import { HOUR, MINUTE, SECOND } from '../../../src/core/clock.ts';
import { steered } from '../../../src/core/steered-clock.ts';
import { openPresence } from '../../../src/engine/presence.ts';
import { startLife } from '../lean/life.ts';
import type { LeanWorld } from '../lean/world.ts';
import { die, newMortal } from '../mortal.ts';
import { type Life, note, type Report } from '../stage.ts';
import { type Fate, openCables } from './cable.ts';
import { createMachine, type Gate, type HostMachine, storeOf } from './machine.ts';
import type { PostgresPlace } from './place.ts';

const NEVER = Number.POSITIVE_INFINITY;
/** As the program has it. */
export const LEASE_MS = MINUTE;
/** How soon it looks again where something is due and did not start. */
const LOOK_AGAIN_MS = 250;
/** How often it looks at least: others change what there is to do. */
const TICK_MS = 5 * MINUTE;
/** Signs of life are so many that nobody would live to do anything else. */
const SIGN_OF_LIFE = /^(?:beat|recover|lead) /u;
const SIGN_OF_LIFE_WEIGHT = 0.02;
const ALONE_WEIGHT = 10;
/** Of the connections that are lost in a commit, those that are lost with their process. */
const DIES_OF_CUT = 0.08;

export type HostsWorld = LeanWorld & { disk: PostgresPlace; gate: Gate; report: Report };

/** One of the machines, and the process that runs there. */
export interface Host {
  name: string;
  machine: HostMachine;
  life?: Life | undefined;
  /** It began to work. */
  ready: boolean;
  restartAt: number;
  /** When it looks again. */
  dueAt: number;
  /** When something comes due next, as far as it knows. */
  nextAt: number;
  /** Since when it works, and does not stand still. */
  wellSince: number;
  polling: boolean;
  acting: boolean;
  /** The machine of which its person wondered whether it stands still. */
  stoodStill?: HostMachine;
}

const ASLEEP = {
  life: undefined,
  ready: false,
  dueAt: NEVER,
  nextAt: NEVER,
  wellSince: NEVER,
  polling: false,
  acting: false,
};

export function createHost(world: HostsWorld, name: string): Host {
  return {
    name,
    machine: createMachine(world.clock),
    restartAt: 0,
    ...ASLEEP,
  };
}

export const works = ({ life, machine, ready }: Host): boolean =>
  life !== undefined && ready && !life.dead && !machine.standsStill();

/** Starts the process, as the program does: enters, takes back what its last one held, gives signs of life. */
export async function startHost(
  world: HostsWorld,
  host: Host,
  judged: Life['raw'],
  nth: number,
): Promise<void> {
  const { clock, random, weather } = world;
  const { machine, name } = host;
  const mortal = newMortal();
  const cables = openCables(
    () => fateOf(world),
    () => die(mortal, clock.now()),
  );
  mortal.onDeath = () => {
    cables.cut();
    host.life?.presence?.stop();
  };
  const through = storeOf(world.disk.through(cables), {
    machine,
    life: mortal,
    gate: world.gate,
    // Right before a request: the last look at the lease is past.
    answered: (name) => void (name === 'take' && random.net.chance(weather.stall / 4) && freeze(world, host)),
  });
  host.ready = false;
  const life = await startLife(world, judged, undefined, {
    mortal,
    machine,
    clock: machine.clock,
    weight: (point) => (SIGN_OF_LIFE.test(point) ? SIGN_OF_LIFE_WEIGHT : 1),
    // With nothing else under way a person may take it for dead without doing harm.
    stallWeight: () => (host.life?.engine.running() === 1 ? ALONE_WEIGHT : 1),
    store: through,
    join: (store) => ({
      presence: openPresence({
        store,
        clock: steered(machine.clock),
        monotonic: () => clock.now(),
        holder: { host: name, instance: `${name} ${nth}`, leaseMs: LEASE_MS },
        version: '1.0.0',
        onChange: () => {
          host.dueAt = 0;
        },
        onError: () => undefined,
      }),
      lock: (lock, work) => withHostLock(store, machine.clock, name, lock, work),
    }),
  });
  host.life = life;
  note(world, `${life.presence?.holder.instance} begins`);
  const began = async () => {
    await life.presence?.enter();
    await life.engine.recover();
    life.presence?.start();
    host.ready = true;
    host.dueAt = 0;
    host.wellSince = clock.now();
  };
  void began().catch(unlessDead(world, life));
  // A frozen machine may be switched off.
  if (random.death.chance(weather.death)) die(life, clock.now());
}

/** A machine stands still, longer than its lease or not; it may be switched off meanwhile. */
export function freeze(world: HostsWorld, { name, machine, life }: Host): void {
  const { clock, random, report } = world;
  if (world.calm || machine.standsStill()) return;
  const ms = random.script.chance(0.3)
    ? random.script.between(SECOND, LEASE_MS)
    : random.script.between(2 * LEASE_MS, 90 * MINUTE);
  report.freezes += 1;
  note(world, `${name} stands still for ${Math.round(ms / SECOND)} s`);
  machine.freeze(clock.now() + ms);
  if (!life || !random.script.chance(0.2)) return;
  void clock.sleep(random.script.between(0, ms)).then(() => die(life, clock.now()));
}

const unlessDead = (world: LeanWorld, life: Life) => (error: unknown) => {
  if (!life.dead) world.breaches.push(`a host failed: ${error instanceof Error ? error.stack : error}`);
};

/** What becomes of a connection while a transaction is committed. */
function fateOf({ calm, random: { death }, weather, report }: HostsWorld): Fate {
  if (calm || !death.chance(weather.death)) return 'none';
  report.cutCommits += 1;
  const dies = death.chance(DIES_OF_CUT);
  if (death.chance(0.5)) return dies ? 'died before' : 'lost before';
  return dies ? 'died after' : 'lost after';
}

/** Looks for what is due, as the daemon does: beside everything else. */
export function act(world: HostsWorld, host: Host): void {
  const { life } = host;
  const { clock } = world;
  if (!life || !works(host) || host.acting || (life.ended === 0 && host.dueAt > clock.now())) return;
  life.ended = 0;
  host.acting = true;
  if (!host.polling) {
    host.polling = true;
    void life.engine
      .poll('due')
      .then(
        (polled) => {
          life.ended += polled;
        },
        unlessDead(world, life),
      )
      .finally(() => {
        if (host.life === life) host.polling = false;
      });
  }
  const look = async () => {
    await life.engine.pump();
    host.nextAt = (await life.engine.nextDueAt()) ?? NEVER;
    host.dueAt = Math.min(Math.max(host.nextAt, clock.now() + LOOK_AGAIN_MS), clock.now() + TICK_MS);
  };
  void look()
    .catch(unlessDead(world, life))
    .finally(() => {
      if (host.life === life) host.acting = false;
    });
}

/** The process is dead: time goes on until somebody starts it again. Its host's name stays the same. */
export function bury(world: HostsWorld, host: Host): void {
  const { clock, random, report } = world;
  const { death } = random;
  note(world, `${host.life?.presence?.holder.instance} died`);
  report.crashes += 1;
  const how = death.next();
  const downMs =
    how < 0.6 ? SECOND : how < 0.92 ? death.between(0, 20 * MINUTE) : death.between(HOUR, 5 * HOUR);
  const restartAt = clock.now() + (world.calm ? SECOND : downMs);
  Object.assign(host, ASLEEP, { machine: createMachine(clock), restartAt });
}

/** It has nothing to do for a while: it is ended in good order, and started again then. */
export async function rest(world: HostsWorld, host: Host, restartAt: number): Promise<void> {
  const { life } = host;
  if (!life) return;
  await life.presence?.leave();
  note(world, `${life.presence?.holder.instance} left`);
  die(life, world.clock.now());
  Object.assign(host, ASLEEP, { restartAt });
}
