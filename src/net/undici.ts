import connect from 'undici/lib/api/api-connect.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
import ProxyAgent from 'undici/lib/dispatcher/proxy-agent.js';
import { leaveNextModuleLean } from './lean-wasm.ts';

// Of undici only its agents, a third of it: its index loads `fetch` as well, and with it Node’s own undici.
// The index also gives every dispatcher the calls of the API; of these an agent needs one, for a proxy’s tunnels.
Object.assign(Dispatcher.prototype, { connect });

// The next is its parser, made at the first connection.
leaveNextModuleLean();

export { Agent, ProxyAgent };
