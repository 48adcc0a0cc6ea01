/** The address of `/v1/speak`. */
import type { AudioFormat } from '../../../audio/audio-frame.js';
import { withoutTrailingSlashes } from '../../../network/base-url.js';
import { listed, type ExtraParameters } from '../extra-parameters.js';

/** Options of Deepgram's voices, in Deepgram's own terms. */
export interface DeepgramVoiceOptions {
  /** A voice of https://developers.deepgram.com/docs/tts-models, with its language. @default 'aura-2-thalia-en' */
  readonly voice?: string;
  /** Speaking rate, 0.7 to 1.5; Aura-2 only, and not in all languages. @default Deepgram's own, 1 */
  readonly speed?: number;
  /** Keeps the texts out of Deepgram's model improvement program, which has a price: https://dpgr.am/deepgram-mip. @default false */
  readonly mipOptOut?: boolean;
  /** Any other query parameters of `/v1/speak`; a list repeats its parameter. */
  readonly extra?: ExtraParameters;
}

export const defaultVoice = 'aura-2-thalia-en';

/** Rates of linear PCM, best first: https://developers.deepgram.com/docs/tts-media-output-settings */
export const linearRatesHz: readonly number[] = [24_000, 48_000, 32_000, 16_000, 8000];
const mulawRatesHz: readonly number[] = [8000, 16_000];

/** Whether Deepgram makes this format. */
export function isMade({ encoding, sampleRateHz }: AudioFormat): boolean {
  return (encoding === 'mulaw' ? mulawRatesHz : linearRatesHz).includes(sampleRateHz);
}

/** The `wss` address for audio of this format. `baseUrl`: http, https, ws or wss. */
export function speakUrl(
  baseUrl: string,
  { voice = defaultVoice, speed, mipOptOut, extra = {} }: DeepgramVoiceOptions,
  { encoding, sampleRateHz }: AudioFormat,
): string {
  const query = new URLSearchParams({
    model: voice,
    encoding,
    sample_rate: String(sampleRateHz),
    ...(speed !== undefined && { speed: String(speed) }),
    ...(mipOptOut !== undefined && { mip_opt_out: String(mipOptOut) }),
  });
  for (const [name, values] of Object.entries(listed(extra)))
    for (const value of values) query.append(name, value);
  return `${withoutTrailingSlashes(baseUrl).replace(/^http/i, 'ws')}/v1/speak?${query.toString()}`;
}
