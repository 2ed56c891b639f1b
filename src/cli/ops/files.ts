import { stringify } from 'yaml';
import dashboard from './dashboard.json' with { type: 'json' };
import { ruleTests } from './rule-tests.ts';
import { rulesFile } from './rules.ts';

export interface OpsFile {
  name: string;
  text: string;
}

/** Everything that `repost ops export` writes. `listener` is where the daemon answers: `127.0.0.1:4455`. */
export function opsFiles(listener: string): OpsFile[] {
  return [
    { name: 'README.md', text: readme },
    { name: 'grafana/repost-dashboard.json', text: `${JSON.stringify(dashboard, null, 2)}\n` },
    {
      name: 'prometheus/repost.rules.yml',
      text: yaml('Prometheus rules for repost. Check: promtool check rules repost.rules.yml', rulesFile()),
    },
    {
      name: 'prometheus/repost.rules.test.yml',
      text: yaml(
        'Their tests. Run: promtool test rules repost.rules.test.yml',
        ruleTests('repost.rules.yml'),
      ),
    },
    {
      name: 'prometheus/prometheus.yml',
      text: yaml('An example; take over scrape_configs and rule_files. Check: promtool check config', {
        global: { scrape_interval: '30s', evaluation_interval: '30s' },
        rule_files: ['repost.rules.yml'],
        alerting: { alertmanagers: [{ static_configs: [{ targets: ['127.0.0.1:9093'] }] }] },
        scrape_configs: [{ job_name: 'repost', static_configs: [{ targets: [listener] }] }],
      }),
    },
    {
      name: 'alertmanager/alertmanager.yml',
      text: yaml(
        'An example. What is secret stands in files of its own that only Alertmanager may read; where your version has no webhook_url_file for Discord, this file must be as well kept. Check: amtool check-config',
        alertmanager(examples),
      ),
    },
  ];
}

function yaml(about: string, value: unknown): string {
  return `# ${about}\n${stringify(value, { lineWidth: 0 })}`;
}

/** Where alerts go. A Slack or Discord address is a secret. */
export interface Receivers {
  slack: Record<string, unknown>;
  discord: Record<string, unknown>;
  email: Record<string, unknown>;
  webhook: Record<string, unknown>;
}

const examples: Receivers = {
  slack: { api_url_file: '/etc/alertmanager/slack-webhook', channel: '#publishing' },
  discord: { webhook_url: 'https://discord.com/api/webhooks/ID/TOKEN' },
  email: {
    to: 'you@example.com',
    from: 'alerts@example.com',
    smarthost: 'smtp.example.com:587',
    auth_username: 'alerts@example.com',
    auth_password_file: '/etc/alertmanager/smtp-password',
  },
  webhook: { url: 'http://127.0.0.1:9000/alerts' },
};

/** Critical alerts to everybody, the rest to the chats; a warning is not sent while the critical one of its kind is. */
export function alertmanager(
  to: Receivers,
  pace: { wait: string; interval: string; repeat: string } = usual,
) {
  const text = '{{ range .Alerts }}{{ .Annotations.summary }}\n{{ .Annotations.description }}\n{{ end }}';
  const title = '{{ .CommonLabels.alertname }}: {{ .Status }}';
  const told = { send_resolved: true };
  const slack = { ...to.slack, ...told, title, text };
  const discord = {
    ...to.discord,
    ...told,
    title: '{{ .CommonLabels.alertname }}: {{ .Status }}',
    message: text,
  };
  return {
    route: {
      receiver: 'chats',
      group_by: ['alertname'],
      group_wait: pace.wait,
      group_interval: pace.interval,
      repeat_interval: pace.repeat,
      routes: [{ matchers: ['severity="critical"'], receiver: 'everybody' }],
    },
    inhibit_rules: [
      {
        source_matchers: ['alertname="RepostSignInEndsTomorrow"'],
        target_matchers: ['alertname="RepostSignInEndsSoon"'],
        equal: ['account'],
      },
    ],
    receivers: [
      { name: 'chats', slack_configs: [slack], discord_configs: [discord] },
      {
        name: 'everybody',
        slack_configs: [slack],
        discord_configs: [discord],
        email_configs: [{ ...to.email, ...told, headers: { Subject: title } }],
        webhook_configs: [{ ...to.webhook, ...told }],
      },
    ],
  };
}

const usual = { wait: '30s', interval: '5m', repeat: '4h' };

const readme = `# Monitoring for repost

- \`prometheus/prometheus.yml\`: how Prometheus finds the daemon's \`/metrics\`. Without a daemon:
  \`repost metrics --textfile /var/lib/prometheus/node-exporter/repost.prom\` from a timer, read by node_exporter;
  watch \`node_textfile_mtime_seconds\` too, because a file that nobody renews looks healthy.
- \`prometheus/repost.rules.yml\`: alerts; \`promtool test rules prometheus/repost.rules.test.yml\` tries them.
- \`alertmanager/alertmanager.yml\`: routing to Slack, Discord, e-mail and a webhook, as an example.
- \`grafana/repost-dashboard.json\`: import it (Dashboards, New, Import) and choose your Prometheus.

Metrics and their meaning: docs/metrics.md. \`repost ops export\` writes these files anew; what you changed it leaves alone.
`;
