import { SECOND } from '../core/clock.ts';
import type { ServiceSpec } from './service-spec.ts';

export const LAUNCHD_LABEL = 'local.repost.daemon';

type Value = string | number | boolean | readonly string[] | { readonly [key: string]: Value };

/**
 * The agent of the daemon, by launchd.plist(5). An agent and no system daemon: the login keychain belongs to the
 * person’s session. launchd restarts whatever does not end well, and can’t tell exit codes apart; REPOST_SERVICE
 * makes the daemon end well where a restart would not help.
 */
export function launchdPlist(spec: ServiceSpec, logs: { daemon: string; crash: string }): string {
  const agent: Value = {
    Label: LAUNCHD_LABEL,
    ProgramArguments: [spec.node, spec.program, 'daemon'],
    EnvironmentVariables: { ...spec.environment, REPOST_SERVICE: 'launchd', REPOST_LOG_FILE: logs.daemon },
    RunAtLoad: true,
    KeepAlive: { SuccessfulExit: false },
    ThrottleInterval: 10,
    // Running jobs may end first; then it is killed.
    ExitTimeOut: Math.ceil(spec.drainMs / SECOND) + 20,
    ProcessType: 'Background',
    Umask: 0o077,
    // Memory holds tokens: none of it goes to a core file.
    HardResourceLimits: { Core: 0 },
    StandardOutPath: logs.crash,
    StandardErrorPath: logs.crash,
  };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    ...render(agent),
    '</plist>',
    '',
  ].join('\n');
}

function render(value: Value): string[] {
  if (typeof value === 'string') return [`<string>${escapeXml(value)}</string>`];
  if (typeof value === 'number') return [`<integer>${value}</integer>`];
  if (typeof value === 'boolean') return [value ? '<true/>' : '<false/>'];
  if (Array.isArray(value)) return wrap('array', (value as readonly string[]).flatMap(render));
  return wrap(
    'dict',
    Object.entries(value).flatMap(([key, inner]) => [
      `<key>${escapeXml(key)}</key>`,
      ...render(inner as Value),
    ]),
  );
}

function wrap(tag: string, lines: readonly string[]): string[] {
  return [`<${tag}>`, ...lines.map((line) => `  ${line}`), `</${tag}>`];
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
