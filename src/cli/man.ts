import { PassThrough } from 'node:stream';
import type { Command } from 'commander';
import { helpFile } from './help.ts';
import { allCommands, buildProgram } from './program.ts';
import { topics } from './topics/index.ts';
import type { Block, Topic } from './topics/topic.ts';

export interface ManPage {
  /** `repost-jobs-retry.1`. */
  file: string;
  roff: string;
}

/** The whole tree, for those who only read it. */
function wholeProgram(): Command {
  const stream = new PassThrough().resume();
  return buildProgram({
    io: { stdin: new PassThrough(), stdout: stream, stderr: stream, env: {} },
    exit: () => undefined,
  });
}

/** What --help prints, by the file where the program looks for it (see help.ts). */
export function helpFiles(): Map<string, string> {
  const program = wholeProgram();
  return new Map(
    [program, ...allCommands(program)].map((command) => [
      helpFile(namesOf(command).slice(1)),
      helpOf(command),
    ]),
  );
}

/** The manual pages: one for each command, from what its --help says, and one for each topic of `repost help`. */
export async function manPages(version: string): Promise<ManPage[]> {
  const program = wholeProgram();
  const commands = [program, ...allCommands(program)].filter(isVisible);
  const explained = await Promise.all(Object.values(topics).map(({ load }) => load()));
  return [
    ...commands.map((command) => commandPage(command, version)),
    ...explained.map((topic) => topicPage(topic, version)),
  ];
}

/** Readers of manual pages expect a day; the version beside it says more. */
const MADE = '2026-11-23';

const isVisible = (command: Command): boolean =>
  !command.parent ||
  command.parent
    .createHelp()
    .visibleCommands(command.parent)
    .includes(command as never);

const namesOf = (command: Command): string[] =>
  command.parent ? [...namesOf(command.parent as Command), command.name()] : [command.name()];

function commandPage(command: Command, version: string): ManPage {
  const names = namesOf(command);
  const help = command.createHelp();
  const children = help.visibleCommands(command).filter((child) => child.name() !== 'help');
  return {
    file: `${names.join('-')}.1`,
    roff: page(names.join('-'), 1, version, [
      section('NAME', [`${roff(names.join('-'))} \\- ${roff(command.description().replace(/\.$/u, ''))}`]),
      section('SYNOPSIS', [`.B ${roff(names.join(' '))}`, roff(command.usage())]),
      ...(children.length === 0
        ? []
        : [
            section(
              'COMMANDS',
              children.map((child) => tagged(`${names.join('-')}-${child.name()}(1)`, child.description())),
            ),
          ]),
      section(
        'OPTIONS',
        help.visibleOptions(command).map((option) => tagged(option.flags, help.optionDescription(option))),
      ),
      ...extras(command),
      seeAlso(command, names),
    ]),
  };
}

/** What a command's help says below its options: examples, and remarks in front of them. */
function extras(command: Command): string[] {
  const after = helpOf(command).slice(command.helpInformation().length).trim();
  const [remarks = '', examples = ''] = after.split(/^Examples?:\n/mu);
  return [
    ...(remarks.trim() === '' ? [] : [section('NOTES', [verbatim(remarks.trim())])]),
    ...(examples === '' ? [] : [section('EXAMPLES', [verbatim(examples)])]),
  ];
}

function helpOf(command: Command): string {
  let all = '';
  const { writeOut } = command.configureOutput();
  command.configureOutput({ writeOut: (text) => (all += text) });
  command.outputHelp();
  command.configureOutput({ ...(writeOut ? { writeOut } : {}) });
  return all;
}

function seeAlso(command: Command, names: readonly string[]): string {
  const above = command.parent ? [`${names.slice(0, -1).join('-')}(1)`] : [];
  const explained = command.parent ? [] : Object.keys(topics).map((name) => `repost-${name}(7)`);
  return section('SEE ALSO', [
    roff([...above, ...explained, 'repost-exit-codes(7)'].filter(isFirst).join(', ')),
  ]);
}

const isFirst = (value: string, index: number, all: readonly string[]) => all.indexOf(value) === index;

function topicPage(topic: Topic, version: string): ManPage {
  const name = `repost-${topic.name}`;
  const [, summary = ''] = topic.title.split(': ');
  return {
    file: `${name}.7`,
    roff: page(name, 7, version, [
      section('NAME', [`${roff(name)} \\- ${roff(summary)}`]),
      section('DESCRIPTION', topic.blocks.map(block)),
      section('SEE ALSO', ['repost(1)']),
    ]),
  };
}

function block(part: Block): string {
  switch (part.kind) {
    case 'text':
      return `.PP\n${roff(part.text)}`;
    case 'heading':
      return `.SS ${roff(part.text)}`;
    case 'terms':
      return part.terms.map(([term, meaning]) => tagged(term, meaning)).join('\n');
    case 'commands':
      return verbatim(
        part.lines.map(([command, remark]) => `${remark ? `# ${remark}\n` : ''}$ ${command}`).join('\n'),
      );
  }
}

const page = (name: string, chapter: 1 | 7, version: string, parts: readonly string[]): string =>
  `${[`.TH "${name.toUpperCase()}" "${chapter}" "${MADE}" "repost ${version}" "repost"`, ...parts].join('\n')}\n`;

/** A section's first paragraph is one by itself. */
const section = (title: string, lines: readonly string[]) =>
  `.SH ${title}\n${lines.join('\n').replace(/^\.PP\n/u, '')}`.replace(/^(\.SS .*)\n\.PP$/gmu, '$1');

const tagged = (term: string, meaning: string) => `.TP\n.B ${roff(term)}\n${roff(meaning)}`;

const verbatim = (text: string) =>
  ['.nf', ...text.split('\n').map((line) => roff(line.trimEnd())), '.fi'].join('\n');

/** Text for roff: a backslash, a dash that may be copied, a first character that would be a request. */
function roff(text: string): string {
  return text
    .replace(/\\/gu, '\\e')
    .replace(/-/gu, '\\-')
    .replace(/^([.'])/u, '\\&$1');
}
