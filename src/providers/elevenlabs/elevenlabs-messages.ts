/**
 * The messages of ElevenLabs' multi-context WebSocket in both directions: one socket carries several answers, each in
 * its own context.
 *
 * Source: https://elevenlabs.io/docs/api-reference/text-to-speech/v-1-text-to-speech-voice-id-multi-stream-input
 */
import { z } from 'zod';
import type { AudioFormat } from '../../audio/audio-frame.js';
import { readCharacterTimes, type CharacterTimes } from './character-times.js';
import { failureOfMessage, type ElevenLabsFailure } from './elevenlabs-errors.js';

/** Settings of the voice; left out, the voice's own stored settings apply. */
export interface ElevenLabsVoiceSettings {
  /** 0 (lively) to 1 (even). */
  readonly stability?: number;
  /** 0 to 1. */
  readonly similarityBoost?: number;
  /** 0 to 1; more than 0 adds latency. */
  readonly style?: number;
  readonly useSpeakerBoost?: boolean;
  /** 0.7 to 1.2. */
  readonly speed?: number;
}

/** A pronunciation dictionary of the account: https://elevenlabs.io/docs/eleven-api/guides/how-to/text-to-speech/pronunciation-dictionaries */
export interface PronunciationDictionary {
  readonly id: string;
  readonly versionId: string;
}

/** The parts of a server message that are used. */
export interface ElevenLabsMessage {
  /** Null if the message is about the whole socket or names no context. */
  readonly contextId: string | null;
  /** Base64, or null. */
  readonly audio: string | null;
  /** Character times, one element for each pass over the text; usually one, none without times. */
  readonly times: readonly CharacterTimes[];
  /** Whether the server has spoken a flushed text. */
  readonly isFlushed: boolean;
  /** Whether the server has ended the context. */
  readonly isFinal: boolean;
  readonly error: ElevenLabsFailure | null;
}

/** A field of the wrong type counts as missing. */
const text = z.string().nullish().catch(null);
const flag = z
  .union([z.boolean(), z.literal(['true', 'false']).transform((word) => word === 'true')])
  .nullish()
  .catch(null);

/** Servers have written both `contextId` and `context_id`. */
const schema = z.object({
  contextId: text,
  context_id: text,
  audio: text,
  alignment: z.unknown().optional(),
  normalizedAlignment: z.unknown().optional(),
  normalized_alignment: z.unknown().optional(),
  isFinal: flag,
  is_final: flag,
  type: text,
});

/**
 * Reads a message of the server. Ignores unknown fields and metadata of any shape. `unknown` for data that are not a
 * message, such as a proxy's ping; `lost_audio` for an unreadable message that contained audio (a WebSocket delivers
 * whole messages, so the rest never comes).
 */
export function readMessage(json: string): ElevenLabsMessage | 'unknown' | 'lost_audio' {
  let raw: unknown;
  try {
    raw = JSON.parse(json);
  } catch {
    // Truncated audio in base64 is useless, so do not parse further.
  }
  const parsed = schema.safeParse(raw);
  if (!parsed.success) return json.includes('"audio"') ? 'lost_audio' : 'unknown';
  const { contextId, context_id: otherContextId, audio, alignment, ...rest } = parsed.data;
  // Prefer the times of the written text: in normalised text "12" has become "twelve".
  const times = readCharacterTimes(alignment);
  const hasTimes = times.length > 0;
  return {
    contextId: contextId || otherContextId || null,
    audio: audio ?? null,
    times: hasTimes ? times : readCharacterTimes(rest.normalizedAlignment ?? rest.normalized_alignment),
    isFlushed: rest.type === 'flush_done',
    isFinal: rest.isFinal ?? rest.is_final ?? false,
    error: failureOfMessage(raw, Boolean(audio)),
  };
}

/** Opens a context; only this message may contain settings. */
export function openContext(
  contextId: string,
  voiceSettings?: ElevenLabsVoiceSettings,
  dictionaries: readonly PronunciationDictionary[] = [],
): string {
  return JSON.stringify({
    text: ' ',
    context_id: contextId,
    ...(voiceSettings && { voice_settings: wireSettings(voiceSettings) }),
    ...(dictionaries.length > 0 && {
      pronunciation_dictionary_locators: dictionaries.map(({ id, versionId }) => ({
        pronunciation_dictionary_id: id,
        version_id: versionId,
      })),
    }),
  });
}

function wireSettings(settings: ElevenLabsVoiceSettings): object {
  return {
    stability: settings.stability,
    similarity_boost: settings.similarityBoost,
    style: settings.style,
    use_speaker_boost: settings.useSpeakerBoost,
    speed: settings.speed,
  };
}

/** Has a whole sentence spoken now. Texts must end with a space. */
export function speakText(contextId: string, sentence: string): string {
  return JSON.stringify({ text: `${sentence} `, context_id: contextId, flush: true });
}

/** Ends a context, after its text or in the middle. */
export function closeContext(contextId: string): string {
  return JSON.stringify({ context_id: contextId, close_context: true });
}

/** Prevents that the server closes an inactive socket. */
export const keepAlive = JSON.stringify({ text: '' });

/** Ends the socket. */
export const closeSocket = JSON.stringify({ close_socket: true });

/** ElevenLabs' name of a format; null if it does not offer the format. */
export function outputFormat({ encoding, sampleRateHz }: AudioFormat): string | null {
  if (encoding === 'mulaw') return sampleRateHz === 8000 ? 'ulaw_8000' : null;
  return pcmRatesHz.includes(sampleRateHz) ? `pcm_${sampleRateHz}` : null;
}

/** The sample rates of PCM that ElevenLabs offers. */
export const pcmRatesHz: readonly number[] = [24000, 16000, 8000, 22050, 44100, 48000];
