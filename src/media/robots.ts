/**
 * True where a robots.txt forbids this crawler to read the path: the groups that name it, else those for `*`;
 * of its rules the longest that fits, `allow` before `disallow`. RFC 9309 section 2.2.
 */
export function forbidsCrawler(text: string, agent: string, path: string): boolean {
  const groups = groupsOf(text);
  const own = groups.filter(({ agents }) => agents.includes(agent.toLowerCase()));
  const rules = (own.length > 0 ? own : groups.filter(({ agents }) => agents.includes('*'))).flatMap(
    (group) => group.rules,
  );
  const [strongest] = rules
    .filter(({ pattern }) => fits(pattern, path))
    .sort((a, b) => b.pattern.length - a.pattern.length || Number(b.allowed) - Number(a.allowed));
  return strongest !== undefined && !strongest.allowed;
}

interface Group {
  agents: string[];
  rules: { allowed: boolean; pattern: string }[];
}

function groupsOf(text: string): Group[] {
  const groups: Group[] = [];
  for (const line of text.split(/\r?\n|\r/u)) {
    const [, field = '', value = ''] = /^\s*([\w-]+)\s*:\s*([^#]*?)\s*(?:#.*)?$/u.exec(line) ?? [];
    const last = groups.at(-1);
    switch (field.toLowerCase()) {
      case 'user-agent':
        if (last && last.rules.length === 0) last.agents.push(value.toLowerCase());
        else groups.push({ agents: [value.toLowerCase()], rules: [] });
        break;
      case 'allow':
      case 'disallow':
        // An empty value forbids nothing.
        if (last && value !== '')
          last.rules.push({ allowed: field.toLowerCase() === 'allow', pattern: value });
        break;
    }
  }
  return groups;
}

function fits(pattern: string, path: string): boolean {
  const source = pattern
    .replace(/[.+?^{}()|[\]\\]/gu, '\\$&')
    .replaceAll('*', '.*')
    .replace(/\$(?!$)/gu, '\\$');
  return new RegExp(`^${source}`, 'u').test(path);
}
