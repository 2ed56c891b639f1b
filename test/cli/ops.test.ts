import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { testedAlerts } from '../../src/cli/ops/rule-tests.ts';
import { alertRules, recordingRules } from '../../src/cli/ops/rules.ts';
import { type MetricSpec, metricSpecs } from '../../src/engine/metric-list.ts';
import { describeWith } from '../tools.ts';
import { queriesOf, substituted } from './dashboard-queries.ts';
import { openTerminal } from './terminal.ts';

const dir = mkdtempSync(join(tmpdir(), 'repost-ops-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const terminal = openTerminal({
  env: { ...process.env, REPOST_HOME: join(dir, 'home'), REPOST_NO_INPUT: '1' },
});
const specs: readonly MetricSpec[] = metricSpecs;

async function exported(name: string): Promise<string> {
  const folder = join(dir, name);
  await terminal.json(['ops', 'export', folder]);
  return folder;
}

interface Panel {
  id: number;
  type: string;
  title: string;
  description?: string;
  gridPos: { x: number; y: number; w: number; h: number };
  datasource?: { uid: string };
  fieldConfig?: { defaults: { unit?: string } };
  targets?: { expr: string; refId: string; datasource: { uid: string } }[];
}

function readDashboard(): { uid: string; id?: number; panels: Panel[] } {
  const path = new URL('../../src/cli/ops/dashboard.json', import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8')) as { uid: string; panels: Panel[] };
}

describe('repost ops export', () => {
  it('writes its files, and again over its own', async () => {
    const folder = join(dir, 'twice');
    const first = await terminal.json<{ files: string[] }>(['ops', 'export', folder]);
    expect(first.files).toContain('grafana/repost-dashboard.json');
    expect(await terminal.json(['ops', 'export', folder])).toEqual(first);
  });

  it('leaves alone what is not its own or was changed, and writes nothing then', async () => {
    const folder = await exported('changed');
    const rules = join(folder, 'prometheus', 'repost.rules.yml');
    const readme = join(folder, 'README.md');
    writeFileSync(rules, 'groups: []\n');
    rmSync(readme);
    const failure = await terminal.failure(['ops', 'export', folder]);
    expect(failure).toMatchObject({ exit: 1, code: 'E_OUTPUT' });
    expect(failure.message).toContain(rules);
    expect(readFileSync(rules, 'utf8')).toBe('groups: []\n');
    expect(() => readFileSync(readme)).toThrow();
    await terminal.json(['ops', 'export', folder, '--force']);
    expect(readFileSync(rules, 'utf8')).toContain('RepostDown');
  });

  it('says where it can’t write', async () => {
    const file = join(dir, 'a-file');
    writeFileSync(file, '');
    expect(await terminal.failure(['ops', 'export', join(file, 'x')])).toMatchObject({ code: 'E_OUTPUT' });
  });
});

describe('repost metrics --textfile', () => {
  it('writes whole files that the collector reads, and no others', async () => {
    const path = join(dir, 'repost.prom');
    await terminal.json(['metrics', '--textfile', path]);
    expect(readFileSync(path, 'utf8')).toContain('repost_daemon_running 0');
    expect(await terminal.failure(['metrics', '--textfile', join(dir, 'x.txt')])).toMatchObject({ exit: 2 });
    expect(await terminal.failure(['metrics', '--textfile', join(dir, 'no', 'x.prom')])).toMatchObject({
      code: 'E_OUTPUT',
    });
  });

  it('gives the numbers as JSON too', async () => {
    const { metrics } = await terminal.json<{ metrics: { name: string; value: number }[] }>(['metrics']);
    expect(metrics.find(({ name }) => name === 'repost_poll_interval_seconds')?.value).toBe(120);
  });
});

describe('the dashboard', () => {
  const { panels, uid, id } = readDashboard();

  it('is what its script makes', async () => {
    const script = new URL('../../scripts/make-dashboard.mjs', import.meta.url).href;
    const { makeDashboard } = (await import(script)) as { makeDashboard(): string };
    expect(JSON.parse(makeDashboard())).toEqual(readDashboard());
  });

  it('keeps to the grid, with an id, a unit and a word for each panel', () => {
    expect([uid, id]).toEqual(['repost', undefined]);
    expect(new Set(panels.map((panel) => panel.id)).size).toBe(panels.length);
    const taken = new Set<string>();
    for (const { gridPos, title, type, description, fieldConfig, targets } of panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect(taken.has(`${x} ${y}`), `${title} overlaps`).toBe(false);
          taken.add(`${x} ${y}`);
        }
      if (type === 'row') continue;
      expect([title, Boolean(description), Boolean(fieldConfig?.defaults.unit)]).toEqual([title, true, true]);
      expect(targets?.length, title).toBeGreaterThan(0);
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own variable.
      for (const target of targets ?? []) expect(target.datasource.uid).toBe('${datasource}');
    }
  });

  it('and the rules use metrics that exist, and leave none unused', () => {
    const suffixes = ['', '_bucket', '_sum', '_count'];
    const known = new Map(specs.flatMap(({ name }) => suffixes.map((suffix) => [`${name}${suffix}`, name])));
    const recorded = new Set(recordingRules().map(({ record }) => record));
    const texts = [...queriesOf(readDashboard()), ...alertRules(), ...recordingRules()].map(
      ({ expr }) => expr,
    );
    const names = texts.flatMap((expr) => expr.match(/\b(?:repost|process)_\w+|\brepost:[\w:]+/gu) ?? []);
    expect(names.filter((name) => !known.has(name) && !recorded.has(name))).toEqual([]);
    const used = new Set(names.map((name) => known.get(name)));
    expect(specs.filter(({ name }) => !used.has(name)).map(({ name }) => name)).toEqual([]);
  });
});

describeWith(
  { promtool: 'prometheus', amtool: 'prometheus-alertmanager' },
  'the files for monitoring',
  () => {
    const run = (program: string, ...args: string[]) => {
      const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
      return { status, text: `${stdout}${stderr}` };
    };

    it('pass the checks of Prometheus and Alertmanager', async () => {
      const folder = await exported('checked');
      const rules = join(folder, 'prometheus', 'repost.rules.yml');
      expect(run('promtool', 'check', 'rules', '--lint=all', '--lint-fatal', rules)).toMatchObject({
        status: 0,
      });
      expect(run('promtool', 'check', 'config', join(folder, 'prometheus', 'prometheus.yml')).status).toBe(0);
      const alertmanager = join(folder, 'alertmanager', 'alertmanager.yml');
      expect(run('amtool', 'check-config', alertmanager)).toMatchObject({ status: 0 });
      const routed = (severity: string) =>
        execFileSync(
          'amtool',
          ['config', 'routes', 'test', `--config.file=${alertmanager}`, `severity=${severity}`],
          {
            encoding: 'utf8',
          },
        ).trim();
      expect([routed('critical'), routed('warning')]).toEqual(['everybody', 'chats']);
    });

    it('have a rule test for every alert, and all pass', async () => {
      expect([...testedAlerts].sort()).toEqual(
        alertRules()
          .map(({ alert }) => alert)
          .sort(),
      );
      const folder = await exported('tested');
      const tests = join(folder, 'prometheus', 'repost.rules.test.yml');
      // Without it promtool takes the groups in an order of chance, and one time in ten they fail.
      expect(readFileSync(tests, 'utf8')).toMatch(/group_eval_order:\s+- repost-objective\s+- repost\s/u);
      expect(run('promtool', 'test', 'rules', tests)).toMatchObject({ status: 0 });
    });

    it('have rule tests that notice a rule that never fires', async () => {
      const folder = await exported('broken');
      const rules = join(folder, 'prometheus', 'repost.rules.yml');
      writeFileSync(
        rules,
        readFileSync(rules, 'utf8').replace('repost_breaker_state == 2', 'repost_breaker_state == 3'),
      );
      const { status, text } = run(
        'promtool',
        'test',
        'rules',
        join(folder, 'prometheus', 'repost.rules.test.yml'),
      );
      expect(status).toBe(1);
      expect(text).toContain('RepostBreakerOpen');
    });

    it('ask nothing that Prometheus can’t parse', async () => {
      const path = join(dir, 'queries.yml');
      const rules = queriesOf(readDashboard()).map(({ expr }, n) => ({
        record: `panel:n:${n}`,
        expr: substituted(expr, '5m'),
      }));
      writeFileSync(path, stringify({ groups: [{ name: 'panels', rules }] }));
      expect(run('promtool', 'check', 'rules', path)).toMatchObject({ status: 0 });
    });
  },
);
