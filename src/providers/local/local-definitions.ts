/** The embedded providers, which need no key and no network: one of each kind. */
import { z } from 'zod';
import { builtInProvider, type NamedConfig } from '../provider-definition.js';
import { appointmentDesk } from './llm/appointment-desk.js';
import { localSpeechToText } from './stt/local-speech-to-text.js';
import { fliteVoices, type FliteVoice } from './tts/flite.js';
import { localTextToSpeech } from './tts/local-text-to-speech.js';

/** The embedded recogniser: no network, no key. */
export interface LocalSttConfig extends NamedConfig {
  readonly provider: 'local';
  /** A JSGF grammar of what callers may say. @default the appointment desk's */
  readonly grammar?: string;
  /** Pronunciations (ARPAbet phones, space-separated) of words that the dictionary lacks. */
  readonly words?: Readonly<Record<string, string>>;
}

/** The embedded model: a scripted appointment desk. */
export interface LocalLlmConfig extends NamedConfig {
  readonly provider: 'local';
}

/** The embedded voice: Flite. */
export interface LocalTtsConfig extends NamedConfig {
  readonly provider: 'local';
  /** @default 'slt' */
  readonly voice?: FliteVoice;
}

/** Nobody charges for them. */
const free = { asOf: '2026-12-01', source: 'runs on your own machine' } as const;

export const localStt = builtInProvider<'stt', LocalSttConfig>({
  kind: 'stt',
  name: 'local',
  title: 'the embedded recogniser',
  fields: { grammar: z.string().min(1).optional(), words: z.record(z.string(), z.string()).optional() },
  recordable: ['grammar', 'words'],
  prices: { ...free, models: { '*': { perMinute: 0 } } },
  create: ({ grammar, words }) => localSpeechToText({ ...(grammar && { grammar }), ...(words && { words }) }),
});

export const localLlm = builtInProvider<'llm', LocalLlmConfig>({
  kind: 'llm',
  name: 'local',
  title: 'the embedded appointment desk',
  fields: {},
  recordable: [],
  prices: { ...free, models: { '*': { inputPerMillion: 0, outputPerMillion: 0 } } },
  create: () => appointmentDesk(),
});

export const localTts = builtInProvider<'tts', LocalTtsConfig>({
  kind: 'tts',
  name: 'local',
  title: 'the embedded voice',
  fields: { voice: z.enum(fliteVoices).optional() },
  recordable: ['voice'],
  voice: { field: 'voice', names: fliteVoices },
  prices: { ...free, models: { '*': { perMinute: 0 } } },
  create: ({ voice }) => localTextToSpeech(voice ? { voice } : {}),
});
