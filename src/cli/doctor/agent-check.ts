/** Checks the agent's file: loads it and warms up its providers, as when a relay starts. */
import { basename } from 'node:path';
import type { Clock } from '../../core/clock.js';
import { messageOf, ProviderError } from '../../core/errors.js';
import { Providers } from '../../relay/compose.js';
import { configForAnyCall, resolveConfig } from '../../relay/config/config.js';
import type { Environment } from '../../relay/config/provider-config.js';
import { loadAgentFile, type AgentFile } from '../agent/agent-file.js';
import type { Check, Finding } from './check.js';
import { OwnVendors } from './own-vendors.js';

/** The check of the agent's file at `path`. Vendors of the user's own are probed, once each. */
export function agentCheck(
  path: string,
  clock: Clock,
  env: Environment = process.env,
  loading = loadAgentFile(path, clock),
): Check {
  return { name: 'agent', run: (signal) => checkAgent(path, { clock, env, signal, loading }) };
}

interface Looking {
  readonly clock: Clock;
  readonly env: Environment;
  readonly signal: AbortSignal;
  readonly loading: Promise<AgentFile>;
}

async function checkAgent(path: string, { clock, env, signal, loading }: Looking): Promise<Finding> {
  const file = basename(path);
  const providers = new Providers(clock);
  const own = new OwnVendors(clock, env, signal);
  try {
    const { session } = await loading;
    const config = resolveConfig(configForAnyCall(session), env);
    const [used, unused] = await Promise.all([
      providers.warmUp(own.askedIn(config)),
      own.askUnused(session, config),
    ]);
    const [notice] = [...used, ...unused];
    if (notice)
      return {
        status: 'note',
        message: own.withoutKeys(`${file}: ${notice.field}: ${notice.message}`),
        remedy: notice.remedy,
      };
    const unchecked = [
      { why: 'they have no probe()', names: own.unasked },
      { why: 'they are not in use and need a key or a config', names: own.unmade },
    ].flatMap(({ why, names }) =>
      names.length > 0 ? [` Not checked, since ${why}: ${names.join(', ')}.`] : [],
    );
    return { status: 'ok', message: `${file} and its providers work.${unchecked.join('')}` };
  } catch (thrown) {
    const message = own.withoutKeys(messageOf(thrown));
    return {
      status: 'problem',
      message: message.startsWith(file) ? message : `${file}: ${message}`,
      remedy: own.remedyFor(thrown) ?? remedyFor(thrown, file),
    };
  } finally {
    await Promise.all([providers.close(), own.close()]);
  }
}

function remedyFor(thrown: unknown, file: string): string {
  const isSeveral = thrown instanceof Error && thrown.cause instanceof AggregateError;
  const field = thrown instanceof ProviderError && !isSeveral ? thrown.field : undefined;
  return field === undefined ? `Fix ${file}.` : `Change ${field} in ${file}.`;
}
