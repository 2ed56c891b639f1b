import type { Deed } from '../web/deps.ts';

export interface Tool {
  name: string;
  description: string;
  inputSchema: {
    type: 'object';
    properties: Record<string, object>;
    required?: string[];
    additionalProperties: false;
  };
  /** Publishes or takes away: needs the role operator and a confirmation. */
  changes: boolean;
  deed(input: Readonly<Record<string, unknown>>): Deed;
}

const text = (description: string) => ({ type: 'string', maxLength: 300, description });
const job = { type: 'integer', minimum: 1, description: 'Id of the job.' };

function tool(
  name: string,
  description: string,
  properties: Record<string, object>,
  deed: Tool['deed'],
  more: { required?: string[]; changes?: boolean } = {},
): Tool {
  const { required, changes = false } = more;
  return {
    name,
    description,
    inputSchema: {
      type: 'object',
      properties,
      ...(required ? { required } : {}),
      additionalProperties: false,
    },
    changes,
    deed,
  };
}

const listOptions = {
  limit: { type: 'integer', minimum: 1, maximum: 200, description: 'How many; 20 where not given.' },
  since: text('A date, or a length back from now such as 2d.'),
};

const listed = (input: Readonly<Record<string, unknown>>) => ({
  ...input,
  limit: String(input['limit'] ?? 20),
});
const oneJob = (input: Readonly<Record<string, unknown>>) => [[String(input['job'])]];
const change = { required: ['job'], changes: true };

/** What an assistant may do here: look, plan, approve, retry, cancel. */
export const tools: readonly Tool[] = [
  tool('status', 'Is everything out, and what must a person do?', {}, () => ({ name: 'status' })),
  tool(
    'list_jobs',
    'Jobs (one video to one account each), newest first.',
    {
      ...listOptions,
      state: text('waiting, running, published, unknown, dead or cancelled.'),
      platform: text('Only this platform.'),
    },
    (input) => ({ name: 'jobs list', options: listed(input) }),
  ),
  tool(
    'show_job',
    'One job with its text, steps and attempts.',
    { job },
    (input) => ({ name: 'jobs show', args: [String(input['job'])] }),
    {
      required: ['job'],
    },
  ),
  tool('list_posts', 'Recent posts with their addresses.', listOptions, (input) => ({
    name: 'posts',
    options: listed(input),
  })),
  tool('list_videos', 'What was seen at the sources, and why it was not taken.', listOptions, (input) => ({
    name: 'videos list',
    options: listed(input),
  })),
  tool('list_rules', 'What is republished where.', {}, () => ({ name: 'rule list' })),
  tool('list_accounts', 'Accounts and how long their sign-ins last.', {}, () => ({ name: 'accounts list' })),
  tool(
    'plan',
    'What would be posted where, when and with which text; nothing is sent.',
    { rule: text('Only this rule.') },
    (input) => ({
      name: 'plan',
      options: { ...input, last: '30' },
    }),
  ),
  tool(
    'approve_job',
    'Let a job that waits for approval be published.',
    { job },
    (input) => ({ name: 'jobs approve', args: oneJob(input) }),
    change,
  ),
  tool(
    'retry_job',
    'Send a dead letter, or a waiting job, again.',
    { job },
    (input) => ({ name: 'jobs retry', args: oneJob(input) }),
    change,
  ),
  tool(
    'cancel_job',
    'Never publish a waiting job or dead letter.',
    { job },
    (input) => ({ name: 'jobs cancel', args: oneJob(input) }),
    change,
  ),
];
