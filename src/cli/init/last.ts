import { channelKinds } from '../../core/alert.ts';
import { Failure } from '../../core/failure.ts';
import { testAlerts } from '../actions/alerts.ts';
import { addAlert } from '../actions/alerts-add.ts';
import { doctor } from '../actions/doctor.ts';
import { installService } from '../actions/service.ts';
import { sync } from '../actions/sync.ts';
import type { Turn } from '../command.ts';
import { counted } from '../counted.ts';
import { exitCodes } from '../exit.ts';
import { lineWidth } from '../io.ts';
import { serviceState } from '../service-state.ts';
import { fold } from '../wrap.ts';
import type { Step } from './step.ts';
import type { Talk } from './talk.ts';

/** What comes after the first rule: what is due goes out, and everything is looked at once. */
export function lastSteps(turn: Turn, talk: Talk): Step[] {
  return [publishStep(turn, talk), serviceStep(turn, talk), alertsStep(turn, talk), doctorStep(turn, talk)];
}

function publishStep(turn: Turn, talk: Talk): Step {
  const { app } = turn;
  return {
    title: 'Publish what is due',
    command: 'repost sync',
    drains: true,
    found: async () => {
      const store = await app.store();
      const { waiting, published } = await store.jobs.counts();
      if (await app.daemonRuns()) return 'the daemon is at work';
      if (waiting > 0) return undefined;
      return published > 0 ? `${counted(published, 'post')} out` : 'nothing is due';
    },
    explain: () => talk.say('It polls once, publishes what is due, and stops.'),
    run: async () => {
      const code = await sync(onStderr(turn));
      if (code === exitCodes.interrupted) throw new Failure('E_INTERRUPTED');
      const { published } = await (await app.store()).jobs.counts();
      return code === exitCodes.done
        ? `${counted(published, 'post')} out.`
        : `${counted(published, 'post')} out; repost jobs list tells about the others.`;
    },
  };
}

function serviceStep(turn: Turn, talk: Talk): Step {
  return {
    title: 'Run it by itself',
    command: 'repost service install',
    optional: true,
    found: async () => {
      const { manager, installed, path } = await serviceState(turn.app.io.env);
      if (manager === null) return 'this machine has neither systemd nor launchd; keep repost daemon running';
      return installed ? (path ?? 'installed') : undefined;
    },
    explain: () => talk.say('The daemon then starts with the machine and publishes whatever appears.'),
    run: async () => {
      await installService(onStderr(turn), { linger: true });
      return 'The daemon runs, and starts again with the machine.';
    },
  };
}

const NOBODY = 'none';

function alertsStep(turn: Turn, talk: Talk): Step {
  const { app } = turn;
  return {
    title: 'Be told when something goes wrong',
    command: 'repost alerts add slack --url-stdin',
    optional: true,
    found: async () =>
      (await (await app.store()).alerts.channels()).map(({ name }) => name).join(', ') || undefined,
    explain: () => talk.say(`It can tell you by ${channelKinds.join(', ')}.`),
    run: async () => {
      const kind = await talk.ask('alertKind', 'Tell me by', NOBODY);
      if (kind === NOBODY) return 'Nobody is told; repost status always knows.';
      await addAlert(onStderr(turn), { severity: 'warning', repeat: '24h' }, kind);
      const code = await testAlerts(onStderr(turn), {});
      return code === exitCodes.done
        ? `A first message went to ${kind}.`
        : 'It is kept, but could not be reached: repost alerts test';
    },
  };
}

function doctorStep(turn: Turn, talk: Talk): Step {
  let passed = false;
  return {
    title: 'Check everything',
    command: 'repost doctor',
    optional: true,
    found: async () => (passed ? 'all is well' : undefined),
    explain: () => talk.say('It looks at this machine, the keys, each sign-in and the limits.'),
    run: async () => {
      passed = (await doctor(onStderr(turn), {})) === exitCodes.done;
      return passed ? 'All is well.' : 'Looked at everything; what failed is named above, with the way out.';
    },
  };
}

/** A conversation has one stream. */
const onStderr = (turn: Turn): Turn => ({
  ...turn,
  print: (_value, human) =>
    void turn.app.io.stderr.write(`${fold(human(), lineWidth(turn.app.io.stderr))}\n`),
});
