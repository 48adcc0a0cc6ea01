/** All built-in vendors. To add one, write its folder and its simulator, and add one line here. */
import type { ProviderKind } from '../core/errors.js';
import type { Prices } from '../metrics/prices.js';
import { anthropicLlm } from './anthropic/anthropic-definition.js';
import { assemblyAiStt } from './assemblyai/assemblyai-definition.js';
import { cartesiaStt, cartesiaTts } from './cartesia/cartesia-definition.js';
import { deepgramStt } from './deepgram/deepgram-definition.js';
import { deepgramTts } from './deepgram/voice/deepgram-voice-definition.js';
import { elevenLabsStt, elevenLabsTts } from './elevenlabs/elevenlabs-definition.js';
import { googleLlm } from './google/google-definition.js';
import { localLlm, localStt, localTts } from './local/local-definitions.js';
import { azureOpenAiLlm, groqLlm, ollamaLlm, openRouterLlm } from './openai/compatible-definitions.js';
import { openAiLlm } from './openai/openai-definition.js';
import { openAiStt } from './openai/recogniser/openai-recogniser-definition.js';
import { openAiTts } from './openai/voice/openai-voice-definition.js';
import type { AnyDefinition, ConfigOf } from './provider-definition.js';

/** Those that a config gets by their key alone come first, in each kind. */
const builtIn = [
  ...([localStt, deepgramStt, assemblyAiStt, cartesiaStt, elevenLabsStt, openAiStt] as const),
  ...([
    localLlm,
    openAiLlm,
    anthropicLlm,
    googleLlm,
    groqLlm,
    openRouterLlm,
    ollamaLlm,
    azureOpenAiLlm,
  ] as const),
  ...([localTts, elevenLabsTts, cartesiaTts, deepgramTts, openAiTts] as const),
] as const;

type BuiltIn = (typeof builtIn)[number];

/** Configs of the built-in recognisers. */
export type SttConfig = ConfigOf<Extract<BuiltIn, { readonly kind: 'stt' }>>;
/** Configs of the built-in models. */
export type LlmConfig = ConfigOf<Extract<BuiltIn, { readonly kind: 'llm' }>>;
/** Configs of the built-in voices. */
export type TtsConfig = ConfigOf<Extract<BuiltIn, { readonly kind: 'tts' }>>;

/** The providers that are used if none is named and no key is set. */
export const embedded = { stt: localStt, llm: localLlm, tts: localTts } as const;

/** The built-in providers and the user's own. */
export class ProviderRegistry {
  /** The user's own definitions. */
  readonly own: readonly AnyDefinition[];
  readonly #definitions: readonly AnyDefinition[];

  /** Throws a TypeError if two providers of a kind have the same name. */
  constructor(own: readonly AnyDefinition[] = []) {
    this.own = own;
    this.#definitions = [...builtIn, ...own];
    for (const { kind, name } of own)
      if (this.#definitions.filter((one) => one.kind === kind && one.name === name).length > 1)
        throw new TypeError(`There are two providers named '${name}' for ${kind}: give yours another name.`);
  }

  get all(): readonly AnyDefinition[] {
    return this.#definitions;
  }

  /** What the providers charge, one table for each. */
  get prices(): readonly Prices[] {
    return this.#definitions.flatMap(({ kind, name, prices }) => {
      if (!prices) return [];
      const models = Object.entries(prices.models).map(
        ([model, price]) => [`${name}/${model}`, price] as const,
      );
      return [{ [kind]: Object.fromEntries(models) }];
    });
  }

  ofKind(kind: ProviderKind): readonly AnyDefinition[] {
    return this.#definitions.filter((one) => one.kind === kind);
  }

  find(kind: ProviderKind, name: unknown): AnyDefinition | null {
    return this.ofKind(kind).find((one) => one.name === name) ?? null;
  }

  /**
   * The provider for a config without one of this kind: a default whose key is set, the user's own first, else the
   * embedded one.
   */
  defaultOf(kind: ProviderKind, env: Readonly<Record<string, string | undefined>>): AnyDefinition {
    const isChosen = ({ kind: its, key }: AnyDefinition): boolean =>
      its === kind && key?.isDefault === true && Boolean(env[key.variable]);
    return this.own.find(isChosen) ?? this.#definitions.find(isChosen) ?? embedded[kind];
  }
}

/** The built-in providers alone. */
export const builtInRegistry = new ProviderRegistry();

/** The variables that hold keys of built-in providers, each once. */
export const keyVariables: readonly string[] = [
  ...new Set(builtInRegistry.all.flatMap(({ key }) => (key ? [key.variable] : []))),
];

/** The variables that hold addresses of built-in providers, each once. */
export const baseUrlVariables: readonly string[] = [
  ...new Set(builtInRegistry.all.flatMap(({ key }) => (key ? [key.baseUrlVariable] : []))),
];
