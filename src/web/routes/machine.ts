import * as Type from 'typebox';
import { codes } from '../../core/codes.ts';
import { pageOfAll } from '../paging.ts';
import { addRoute, type Part } from '../route.ts';
import {
  check,
  checks,
  app as developerApp,
  errorCode,
  host,
  quarantine,
  setting,
  status,
  warning,
  worker,
} from '../schemas/machine.ts';
import { platform } from '../schemas/objects.ts';
import { flag, pageOf, pageQuery, text, version } from '../schemas/parts.ts';

/** The home and the machine as a whole. */
export const machinePart: Part = (app, deps) => {
  addRoute(app, deps, {
    method: 'GET',
    url: '/status',
    id: 'showStatus',
    summary: 'Is everything out? And what a person must do',
    tag: 'status',
    access: 'viewer',
    answer: status,
    run: ({ perform }) => perform({ name: 'status' }),
  });

  addRoute(app, deps, {
    method: 'GET',
    url: '/errors/:code',
    id: 'explainError',
    summary: 'What an error code means, and what to do',
    tag: 'status',
    access: 'viewer',
    params: Type.Object({ code: Type.String({ minLength: 1, maxLength: 40 }) }),
    answer: errorCode,
    run: ({ perform, params }) => perform({ name: 'errors explain', args: [params.code] }),
  });

  addRoute(app, deps, {
    method: 'GET',
    url: '/errors',
    id: 'listErrors',
    summary: `All error codes (${Object.keys(codes).length})`,
    tag: 'status',
    access: 'viewer',
    query: Type.Object(pageQuery),
    answer: pageOf(errorCode),
    run: async ({ perform, query }) =>
      pageOfAll((await perform({ name: 'errors' })) as { code: string }[], query, ({ code }) => code),
  });

  addRoute(app, deps, {
    method: 'GET',
    url: '/doctor',
    id: 'runDoctor',
    summary: 'Check this machine, the home, the vault and each sign-in',
    tag: 'machine',
    access: 'admin of all',
    query: Type.Object({
      offline: Type.Optional(Type.Boolean({ default: true, description: 'Ask no platform.' })),
    }),
    answer: checks,
    run: ({ perform, query }) => perform({ name: 'doctor', options: { offline: query.offline ?? true } }),
  });

  addRoute(app, deps, {
    method: 'GET',
    url: '/host',
    id: 'showHost',
    summary: 'The media host for platforms that fetch; its secret stays in the vault',
    tag: 'machine',
    access: 'admin of all',
    answer: host,
    run: ({ perform }) => perform({ name: 'host' }),
  });

  addRoute(app, deps, {
    method: 'POST',
    url: '/host/check',
    id: 'checkHost',
    summary: 'Put a small file there, fetch it as Meta does, delete it',
    tag: 'machine',
    access: 'admin of all',
    answer: Type.Object({ schemaVersion: version, kind: text, checks: Type.Array(check) }),
    run: ({ perform }) => perform({ name: 'host check' }),
  });

  addRoute(app, deps, {
    method: 'DELETE',
    url: '/host',
    id: 'removeHost',
    summary: 'Forget the media host; copies that are still there are deleted',
    tag: 'machine',
    access: 'admin of all',
    answer: host,
    run: ({ perform }) => perform({ name: 'host remove' }),
  });

  addRoute(app, deps, {
    method: 'GET',
    url: '/quarantine',
    id: 'showQuarantine',
    summary: 'What is held after a restored backup or a copied home',
    tag: 'machine',
    access: 'admin of all',
    answer: quarantine,
    run: ({ perform }) => perform({ name: 'quarantine' }),
  });

  addRoute(app, deps, {
    method: 'POST',
    url: '/quarantine/release',
    id: 'releaseQuarantine',
    summary: 'Let an account, or everything, go out again',
    tag: 'machine',
    access: 'admin of all',
    body: Type.Object(
      { account: Type.Optional(Type.Integer({ minimum: 1 })), all: Type.Optional(flag) },
      { additionalProperties: false },
    ),
    answer: quarantine,
    run: ({ perform, body }) =>
      perform({
        name: 'quarantine release',
        ...(body.account === undefined ? {} : { args: [String(body.account)] }),
        options: { all: body.all ?? false },
      }),
  });
  hosts(app, deps);
  settings(app, deps);
  apps(app, deps);
};

/** The machines that share a store. To forget one is left to the person who has seen that it is off. */
const hosts: Part = (app, deps) => {
  addRoute(app, deps, {
    method: 'GET',
    url: '/hosts',
    id: 'listHosts',
    summary: 'The machines that share this store: who works, who is lost',
    tag: 'machine',
    access: 'admin of all',
    query: Type.Object(pageQuery),
    answer: pageOf(worker),
    run: async ({ perform, query }) =>
      pageOfAll((await perform({ name: 'hosts list' })) as { name: string }[], query, ({ name }) => name),
  });

  for (const verb of ['drain', 'resume'] as const)
    addRoute(app, deps, {
      method: 'POST',
      url: `/hosts/:name/${verb}`,
      id: `${verb}Host`,
      summary: verb === 'drain' ? 'Let a host end what runs and take nothing new' : 'Let a host work again',
      tag: 'machine',
      access: 'admin of all',
      params: Type.Object({ name: Type.String({ minLength: 1, maxLength: 200 }) }),
      answer: worker,
      run: ({ perform, params }) => perform({ name: `hosts ${verb}`, args: [params.name] }),
    });
};

const settings: Part = (app, deps) => {
  const keyParams = Type.Object({ key: Type.String({ minLength: 1, maxLength: 64 }) });

  addRoute(app, deps, {
    method: 'GET',
    url: '/settings',
    id: 'listSettings',
    summary: 'All settings and where each comes from',
    tag: 'settings',
    access: 'admin of all',
    query: Type.Object(pageQuery),
    answer: pageOf(setting),
    run: async ({ perform, query }) =>
      pageOfAll((await perform({ name: 'config list' })) as { key: string }[], query, ({ key }) => key),
  });

  addRoute(app, deps, {
    method: 'PUT',
    url: '/settings/:key',
    id: 'setSetting',
    summary: 'Change a setting',
    tag: 'settings',
    access: 'admin of all',
    params: keyParams,
    body: Type.Object({ value: Type.String({ maxLength: 2_000 }) }, { additionalProperties: false }),
    answer: setting,
    run: ({ perform, params, body }) => perform({ name: 'config set', args: [params.key, body.value] }),
  });

  addRoute(app, deps, {
    method: 'DELETE',
    url: '/settings/:key',
    id: 'unsetSetting',
    summary: 'Take a setting back to its default',
    tag: 'settings',
    access: 'admin of all',
    params: keyParams,
    answer: setting,
    run: ({ perform, params }) => perform({ name: 'config unset', args: [params.key] }),
  });

  addRoute(app, deps, {
    method: 'GET',
    url: '/warnings',
    id: 'listWarnings',
    summary: 'What has cost others an account, money or a post',
    tag: 'settings',
    access: 'viewer',
    query: Type.Object(pageQuery),
    answer: pageOf(warning),
    run: async ({ perform, query }) =>
      pageOfAll((await perform({ name: 'warnings' })) as { key: string }[], query, ({ key }) => key),
  });

  for (const verb of ['silence', 'restore'] as const)
    addRoute(app, deps, {
      method: 'POST',
      url: `/warnings/:key/${verb}`,
      id: `${verb}Warning`,
      summary: verb === 'silence' ? 'Hear no more of a warning' : 'Say a warning once more',
      tag: 'settings',
      access: 'admin of all',
      params: keyParams,
      answer: Type.Array(warning),
      run: ({ perform, params }) => perform({ name: `warnings ${verb}`, args: [[params.key]] }),
    });
};

/** Developer apps. Adding one is left to the person at the machine: its secret does not cross the API. */
const apps: Part = (app, deps) => {
  const params = Type.Object({ platform });

  addRoute(app, deps, {
    method: 'GET',
    url: '/apps',
    id: 'listApps',
    summary: 'Your developer apps, without their secrets',
    tag: 'apps',
    access: 'admin of all',
    query: Type.Object(pageQuery),
    answer: pageOf(developerApp),
    run: async ({ perform, query }) =>
      pageOfAll(
        (await perform({ name: 'app list' })) as { platform: string; server: string | null }[],
        query,
        (one) => `${one.platform}/${one.server ?? ''}`,
      ),
  });

  addRoute(app, deps, {
    method: 'POST',
    url: '/apps/:platform/check',
    id: 'checkApp',
    summary: 'Find a wrong redirect, testing mode, missing scopes',
    tag: 'apps',
    access: 'admin of all',
    params,
    answer: checks,
    run: ({ perform, params: given }) => perform({ name: 'app check', args: [given.platform] }),
  });

  addRoute(app, deps, {
    method: 'DELETE',
    url: '/apps/:platform',
    id: 'removeApp',
    summary: 'Forget a developer app and its secret',
    tag: 'apps',
    access: 'admin of all',
    params,
    answer: developerApp,
    run: ({ perform, params: given }) => perform({ name: 'app remove', args: [given.platform] }),
  });
};
