import { runLine } from './command.ts';
import { exitCodes } from './exit.ts';
import { columnsOf, type Io } from './io.ts';
import { plainLine } from './plain-line.ts';
import { inProcess } from './process.ts';

/** Runs one command line; without `io` as this process, whose crash it then says. Resolves with the exit code. */
export function main(args: readonly string[], given?: Io): Promise<number> {
  return given ? understand(args, given) : inProcess(args, (io) => understand(args, io));
}

async function understand(args: readonly string[], io: Io): Promise<number> {
  let code: number = exitCodes.done;
  const around = { io, exit: (value: number) => (code = value) };
  const asked = args[0] === 'help' ? args.slice(1) : [];
  if (await explained(asked, io)) return code;
  const plain = plainLine(args);
  if (plain) {
    await runLine(around, plain.line, plain.load);
    return code;
  }
  const { treeLine } = await import('./tree-line.ts');
  return (await treeLine(args, asked, around)) ?? code;
}

/** `help states`: a topic, printed. A topic has the word before a command of the same name; that one’s last line names the command. */
async function explained(asked: readonly string[], io: Io): Promise<boolean> {
  const words = asked.filter((word) => !word.startsWith('-'));
  if (words.length === 0) return false;
  const { topicNamed, topics } = await import('./topics/index.ts');
  const topic = await topics[topicNamed(words) ?? '']?.load();
  if (!topic) return false;
  const { renderTopic } = await import('./topics/topic.ts');
  const text = asked.includes('--json') ? JSON.stringify(topic) : renderTopic(topic, columnsOf(io.stdout));
  io.stdout.write(`${text}\n`);
  return true;
}
