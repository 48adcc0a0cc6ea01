/** A session's config as a recording keeps it: what is on a list of harmless fields, and of objects their names. */
import type { ResolvedConfig } from '../config.js';

type Fields = Readonly<Record<string, unknown>>;

/** What may be told of a provider that the config names. Anything else could be, or hold, a secret. */
const providerFields = [
  'provider',
  'slaMs',
  'model',
  'language',
  'keyterms',
  'punctuate',
  'smartFormat',
  'endpointingMs',
  'utteranceEndMs',
  'endOfTurnThreshold',
  'endOfTurnTimeoutMs',
  'api',
  'firstTokenTimeoutMs',
  'tokenTimeoutMs',
  'voice',
  'voiceId',
  'modelId',
  'languageCode',
  'voiceSettings',
  'connection',
  'grammar',
  'words',
] as const;

const agentFields = [
  'systemPrompt',
  'greeting',
  'apology',
  'afterFailure',
  'filler',
  'fillerAfterMs',
] as const;

/** The config without any secret, as plain data. */
export function summariseConfig(config: ResolvedConfig): object {
  const { type, stt, llm, tts, supervision, agent, turnTaking, limits } = config;
  return {
    inbound: { type },
    stt: stt.map(summariseProvider),
    llm: llm.map(summariseProvider),
    tts: tts.map(summariseProvider),
    supervision,
    agent: agent && { ...pick(agent, agentFields), tools: Object.keys(agent.tools) },
    turnTaking,
    limits,
  };
}

/** A provider by name with its harmless fields; of the user's own objects and functions the name alone. */
function summariseProvider(provider: object): object {
  if ('provider' in provider) return pick(provider, providerFields);
  const name = 'name' in provider && typeof provider.name === 'string' ? provider.name : '';
  return { own: name === '' ? 'unnamed' : name };
}

function pick(from: object, names: readonly string[]): Fields {
  return Object.fromEntries(
    names.filter((name) => name in from).map((name) => [name, Reflect.get(from, name)]),
  );
}
