import type { Topic } from './topic.ts';

/** Every topic of `repost help`, in the order in which a new user meets them; loaded when asked for. */
export const topics: Readonly<Record<string, { summary: string; load(): Promise<Topic> }>> = {
  rules: {
    summary: 'what is republished where, with which text and when',
    load: async () => (await import('./rules.ts')).rules,
  },
  templates: {
    summary: 'words in braces, and what may be done to them',
    load: async () => (await import('./templates.ts')).templates,
  },
  limits: {
    summary: 'how the platforms’ limits are kept, and how to set your own',
    load: async () => (await import('./limits.ts')).limits,
  },
  states: {
    summary: 'what a job can be, what it can wait for, what to do then',
    load: async () => (await import('./states.ts')).states,
  },
  'exit-codes': {
    summary: 'what a script may rely on',
    load: async () => (await import('./exit-codes.ts')).exitCodesTopic,
  },
  environment: {
    summary: 'the variables that repost reads, and its settings',
    load: async () => (await import('./environment.ts')).environment,
  },
  vaults: {
    summary: 'where tokens and client secrets are kept',
    load: async () => (await import('./vaults.ts')).vaults,
  },
};

/** The topic of these words (`exit codes`, `exit-codes`, `state`); undefined where there is none. */
export function topicNamed(words: readonly string[]): string | undefined {
  const name = words.join('-').toLowerCase();
  return [name, `${name}s`].find((one) => Object.hasOwn(topics, one));
}
