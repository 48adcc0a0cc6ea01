/** The door for providers of the user's own: what comes in by it keeps the contract, and tells no secret. */
import type { ProviderKind } from '../../core/errors.js';
import type { LanguageModel } from '../language-model.js';
import type { ProviderOf } from '../provider-definition.js';
import type { SpeechToText } from '../speech-to-text.js';
import type { TextToSpeech } from '../text-to-speech.js';
import { guardedLanguageModel } from './guarded-language-model.js';
import { guardedSpeechToText } from './guarded-speech-to-text.js';
import { guardedTextToSpeech } from './guarded-text-to-speech.js';
import { described, isObject, isPromise } from '../shape.js';
import { discard } from './discard.js';
import { Vendor } from './vendor.js';

/** The method that is called, and where the formats stand. */
const needed = {
  stt: { method: 'open', formats: 'accepts' },
  llm: { method: 'generate', formats: null },
  tts: { method: 'open', formats: 'produces' },
} as const;

export interface GuardOptions {
  /** The provider's name in errors, if it has none of its own. */
  readonly name: string;
  /** A text without the provider's secrets. */
  readonly redact: (text: string) => string;
}

/**
 * The provider that `make` returns, guarded. Throws a ProviderError that says what is missing if it is none, and if
 * `make` throws.
 */
export function guardedProvider<Kind extends ProviderKind>(
  kind: Kind,
  make: () => ProviderOf[Kind],
  options: GuardOptions,
): ProviderOf[Kind];
export function guardedProvider(
  kind: ProviderKind,
  make: () => unknown,
  { name, redact }: GuardOptions,
): ProviderOf[ProviderKind] {
  const made = madeBy(make, new Vendor(kind, name, redact));
  const vendor = new Vendor(kind, made.name, redact);
  if (kind === 'stt') return guardedSpeechToText(made as SpeechToText, vendor);
  if (kind === 'tts') return guardedTextToSpeech(made as TextToSpeech, vendor);
  return guardedLanguageModel(made as LanguageModel, vendor);
}

function madeBy(make: () => unknown, vendor: Vendor): ProviderOf[ProviderKind] {
  let made: unknown;
  try {
    made = make();
  } catch (thrown) {
    throw vendor.errorOf(thrown);
  }
  const { method, formats } = needed[vendor.kind];
  const parts = ['name', formats, `${method}()`].filter((part) => part !== null).join(', ');
  const problem = problemOf(made, method, formats);
  if (problem === null) return made as ProviderOf[ProviderKind];
  // Only what is made here: an object that the user gave is not ours to close.
  if (isPromise(made)) discard(made);
  throw vendor.slip(`a provider of this kind is an object with ${parts}; ${problem}.`);
}

function problemOf(made: unknown, method: string, formats: string | null): string | null {
  if (!isObject(made) || isPromise(made)) return `this is ${described(made)}`;
  if (made.name === '') return 'its name is empty';
  if (typeof made.name !== 'string') return `its name is ${described(made.name)}`;
  if (typeof made[method] !== 'function') return `its ${method} is ${described(made[method])}`;
  if (formats === null || areFormats(made[formats])) return null;
  return `its ${formats} must be { encodings: ['linear16'], sampleRatesHz: [a number] or 'any' }`;
}

function areFormats(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { encodings, sampleRatesHz: rates } = value;
  const areRates = Array.isArray(rates) && rates.length > 0 && rates.every((rate) => Number.isFinite(rate));
  return Array.isArray(encodings) && encodings.includes('linear16') && (rates === 'any' || areRates);
}
