import { randomBytes } from 'node:crypto';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { Ajv } from 'ajv';
import { type Clock, MINUTE } from '../../core/clock.ts';
import { asFailure, Failure } from '../../core/failure.ts';
import { isAtLeast } from '../../web/credentials.ts';
import type { Role } from '../../web/deps.ts';
import { problemOf } from '../../web/problem.ts';
import type { Turn } from '../command.ts';
import { findUser } from '../find.ts';
import { type Tool, tools } from '../mcp-tools.ts';
import { streamOf } from '../out.ts';
import { perform } from '../perform.ts';
import { version } from '../version.ts';
import { parseRole } from './tokens.ts';

/** Serves tools on standard input and output until the other side hangs up. */
export async function mcp(turn: Turn, options: { role: string; user?: string }): Promise<undefined> {
  const { app } = turn;
  const store = await app.store();
  const user = options.user === undefined ? null : (await findUser(store, options.user)).name;
  const server = createServer(parseRole(options.role), app.clock, (deed) => perform(app, deed, user));
  const { stdin, stdout } = app.io;
  const transport = new StdioServerTransport(stdin, streamOf(stdout));
  const over = new Promise<void>((resolve) => {
    server.onclose = resolve;
    stdin.once('end', () => void server.close());
  });
  await server.connect(transport);
  await over;
}

type Perform = (deed: ReturnType<Tool['deed']>) => Promise<unknown>;

function createServer(role: Role, clock: Clock, doDeed: Perform): Server {
  const server = new Server({ name: 'repost', version }, { capabilities: { tools: {} } });
  const open = tools.filter((tool) => !tool.changes || isAtLeast(role, 'operator'));
  const confirmations = createConfirmations(clock);
  const ajv = new Ajv({ strict: false });

  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: open.map(toolOf) }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }) => {
    try {
      const tool = open.find(({ name }) => name === params.name);
      if (!tool) throw new Failure('E_NOT_FOUND', { message: `There is no tool “${params.name}”.` });
      const { confirmation, ...input } = params.arguments ?? {};
      if (!ajv.validate(tool.inputSchema, input))
        throw new Failure('E_USAGE', { message: `${tool.name}: ${ajv.errorsText()}.` });
      if (tool.changes && !confirmations.take(tool.name, input, confirmation)) {
        const { args = [] } = tool.deed(input);
        const shown = await doDeed({ name: 'jobs show', args: args.flat() });
        return say({
          done: false,
          tool: tool.name,
          confirmation: confirmations.give(tool.name, input),
          next: 'Show this to the person. Only if they agree, call the tool again with this confirmation.',
          job: shown,
        });
      }
      return say(await doDeed(tool.deed(input)));
    } catch (error) {
      const { code, detail, hint, command } = problemOf(asFailure(error));
      return { ...say({ error: { code, message: detail, hint, command } }), isError: true };
    }
  });
  return server;
}

function toolOf({ name, description, inputSchema, changes }: Tool) {
  const confirmation = { type: 'string', description: 'What the first call gave, once a person has agreed.' };
  const properties = changes ? { ...inputSchema.properties, confirmation } : inputSchema.properties;
  return {
    name,
    description: changes ? `${description} Nothing happens without a confirmation.` : description,
    inputSchema: { ...inputSchema, properties },
    annotations: { readOnlyHint: !changes, destructiveHint: changes, openWorldHint: changes },
  };
}

const say = (value: unknown) => ({ content: [{ type: 'text' as const, text: JSON.stringify(value) }] });

const CONFIRM_WITHIN_MS = 10 * MINUTE;

/** A confirmation serves once, for the very call that it was given for, and not for long. */
function createConfirmations(clock: Clock) {
  const given = new Map<string, { call: string; until: number }>();
  const callOf = (name: string, input: object) => `${name} ${JSON.stringify(input)}`;
  return {
    give(name: string, input: object): string {
      const text = randomBytes(6).toString('hex');
      given.set(text, { call: callOf(name, input), until: clock.now() + CONFIRM_WITHIN_MS });
      return text;
    },
    take(name: string, input: object, text: unknown): boolean {
      const found = typeof text === 'string' ? given.get(text) : undefined;
      if (!found || found.call !== callOf(name, input) || found.until < clock.now()) return false;
      return given.delete(String(text));
    },
  };
}
