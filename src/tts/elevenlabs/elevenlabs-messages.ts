/**
 * The messages of ElevenLabs' multi-context WebSocket, both ways: many texts, each in a context of its own, over one socket.
 *
 * Source: https://elevenlabs.io/docs/api-reference/text-to-speech/v-1-text-to-speech-voice-id-multi-stream-input
 */
import { z } from 'zod';
import type { AudioFormat } from '../../audio/audio-frame.js';

/** How the voice sounds; what is left out is as it was set for the voice. */
export interface ElevenLabsVoiceSettings {
  /** 0 (lively) to 1 (even). */
  readonly stability?: number;
  /** 0 to 1. */
  readonly similarityBoost?: number;
  /** 0 to 1; more than 0 takes time. */
  readonly style?: number;
  readonly useSpeakerBoost?: boolean;
  /** 0.7 to 1.2. */
  readonly speed?: number;
}

/** The times of the characters of a piece of audio, in milliseconds from the piece's beginning. */
export interface CharacterTimes {
  readonly chars: readonly string[];
  readonly charStartTimesMs: readonly number[];
  readonly charDurationsMs: readonly number[];
}

/** What the server says that matters. */
export interface ElevenLabsMessage {
  /** Null where it is about the whole socket. */
  readonly contextId: string | null;
  /** Base64, or null. */
  readonly audio: string | null;
  readonly times: CharacterTimes | null;
  /** The context has said everything and is gone. */
  readonly isFinal: boolean;
  readonly error: { readonly code: string; readonly message: string } | null;
}

const times = z.object({
  chars: z.array(z.string()),
  charStartTimesMs: z.array(z.number()),
  charDurationsMs: z.array(z.number()),
});

const text = z.string().nullish();

/** Servers have written both `contextId` and `context_id`. */
const schema = z.object({
  contextId: text,
  context_id: text,
  audio: text,
  alignment: times.nullish(),
  isFinal: z.boolean().nullish(),
  is_final: z.boolean().nullish(),
  error: text,
  message: text,
});

/** Reads a message of the server; null for what is none. */
export function readMessage(json: string): ElevenLabsMessage | null {
  let raw: unknown;
  try {
    raw = JSON.parse(json);
  } catch {
    return null;
  }
  const parsed = schema.safeParse(raw);
  if (!parsed.success) return null;
  const { contextId, context_id: otherContextId, audio, alignment, error, message } = parsed.data;
  return {
    contextId: contextId ?? otherContextId ?? null,
    audio: audio ?? null,
    times: alignment ?? null,
    isFinal: parsed.data.isFinal ?? parsed.data.is_final ?? false,
    error: error ? { code: error, message: message ?? error } : null,
  };
}

/** Opens a context; settings may come with this message only. */
export function openContext(contextId: string, voiceSettings?: ElevenLabsVoiceSettings): string {
  return JSON.stringify({
    text: ' ',
    context_id: contextId,
    ...(voiceSettings && { voice_settings: wireSettings(voiceSettings) }),
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

/** A whole sentence to be spoken now. Texts must end with a space. */
export function speakText(contextId: string, sentence: string): string {
  return JSON.stringify({ text: `${sentence} `, context_id: contextId, flush: true });
}

/** Ends a context, after what it was given or in the middle of it. */
export function closeContext(contextId: string): string {
  return JSON.stringify({ context_id: contextId, close_context: true });
}

/** Keeps a socket from being closed for inactivity. */
export const keepAlive = JSON.stringify({ text: '' });

/** Ends the socket. */
export const closeSocket = JSON.stringify({ close_socket: true });

/** The vendor's name of a format, or null for one that it does not make. */
export function outputFormat({ encoding, sampleRateHz }: AudioFormat): string | null {
  if (encoding === 'mulaw') return sampleRateHz === 8000 ? 'ulaw_8000' : null;
  return pcmRatesHz.includes(sampleRateHz) ? `pcm_${sampleRateHz}` : null;
}

/** The rates at which PCM comes. */
export const pcmRatesHz: readonly number[] = [24000, 16000, 8000, 22050, 44100, 48000];

const detail = z.object({ detail: z.object({ status: z.string(), message: z.string() }) });

/** What an HTTP error's body says; nothing where it is none of ElevenLabs'. */
export function errorDetail(body: unknown): { readonly code: string; readonly message: string } | null {
  let parsed = body;
  try {
    if (typeof body === 'string') parsed = JSON.parse(body);
  } catch {
    return null;
  }
  const known = detail.safeParse(parsed);
  return known.success ? { code: known.data.detail.status, message: known.data.detail.message } : null;
}
