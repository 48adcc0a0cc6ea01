/** A session's config as a recording keeps it: only fields listed as harmless, and objects by name. */
import type { ResolvedConfig } from '../config/config.js';
import type { NamedProvider } from '../config/provider-config.js';

type Fields = Readonly<Record<string, unknown>>;

const agentFields = [
  'systemPrompt',
  'greeting',
  'apology',
  'afterFailure',
  'filler',
  'fillerAfterMs',
  'reasoningEvents',
] as const;

/** The config without any secret, as plain data. */
export function summariseConfig(config: ResolvedConfig): object {
  const { type, stt, llm, tts, supervision, agent, turnTaking, speculation, limits } = config;
  return {
    inbound: { type },
    stt: stt.map(summariseProvider),
    llm: llm.map(summariseProvider),
    tts: tts.map(summariseProvider),
    supervision,
    agent: agent && { ...pick(agent, agentFields), tools: Object.keys(agent.tools) },
    turnTaking,
    speculation,
    limits,
  };
}

/** A named provider with its harmless fields; only the name of the user's own object or function. */
function summariseProvider(provider: object): object {
  if (isNamed(provider)) {
    const { definition, config, slaMs } = provider;
    return { ...pick(config, definition.recordable), ...(slaMs !== undefined && { slaMs }) };
  }
  const name = 'name' in provider && typeof provider.name === 'string' ? provider.name : '';
  return { own: name === '' ? 'unnamed' : name };
}

function isNamed(provider: object): provider is NamedProvider {
  return 'definition' in provider;
}

function pick(from: object, names: readonly string[]): Fields {
  return Object.fromEntries(
    names.filter((name) => name in from).map((name) => [name, Reflect.get(from, name)]),
  );
}
