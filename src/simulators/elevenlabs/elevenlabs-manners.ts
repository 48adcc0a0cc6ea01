/**
 * The forms in which ElevenLabs has been seen to send the same answer. Sources: its SDK's types, in which every array of
 * times is optional; https://github.com/elevenlabs/elevenlabs-python/issues/689 (times with some pieces only, null with
 * others); https://github.com/pipecat-ai/pipecat/issues/4316 (a second pass, last characters missing, pronunciation
 * dictionaries); https://github.com/bolna-ai/bolna/pull/733 (a missing end).
 */

/** The forms of an answer's character times. */
export const elevenLabsTimings = [
  /** Relative to each piece of audio, as documented. */
  'piece',
  /** Relative to the context's audio. */
  'context',
  /** All times of a sentence with its first piece, null with the others. */
  'first_piece',
  /** A sentence's first times with its first piece, all of them with the second, null with the others. */
  'second_pass',
  /** Without the last characters of each sentence. */
  'last_missing',
  'no_durations',
  'no_starts',
  'no_characters',
  /** Arrays with snake-case names. */
  'renamed',
  /** Starts and ends in seconds, as over HTTP. */
  'seconds',
  'none',
  /** Only for the normalised text, in which digits are words. */
  'normalized_only',
  /** For both texts; the normalised one has digits as words. */
  'normalized_differs',
  /** Arrays of different lengths. */
  'wrong_lengths',
  /** Null, negative and unordered times. */
  'nonsense',
  /** Numbers as strings. */
  'strings',
] as const;

export type ElevenLabsTiming = (typeof elevenLabsTimings)[number];

/** Text frames that are not messages, or messages without content. */
export const oddFrames: readonly string[] = [
  'null',
  '[]',
  '"ping"',
  'ping',
  '',
  '{"type":',
  '{"audio":5}',
  '{"audio":{}}',
  '{"audio":["AAAA"],"alignment":[],"isFinal":[]}',
  '{"error":{},"detail":[],"contextId":{}}',
];

/** The form of an answer of the simulated ElevenLabs. */
export interface ElevenLabsManners {
  /** @default 'piece' */
  readonly timing?: ElevenLabsTiming;
  /** Name of the field with the context's id. @default 'contextId' */
  readonly contextKey?: 'contextId' | 'context_id';
  /** Whether a `flush_done` message follows each text that was flushed. @default false */
  readonly flushDone?: boolean;
  /** Whether undocumented messages and fields are sent. @default false */
  readonly unknown?: boolean;
  /** Whether text that is not a message precedes each piece of audio, as from a proxy. @default false */
  readonly oddFrames?: boolean;
  /** When the end of an answer is reported: at once, 400 ms later, or never. @default 'at_once' */
  readonly final?: 'at_once' | 'late' | 'missing';
}

/** Draws one answer's manners; a missing end is the rarest of the three. */
export function drawManners(random: () => number): Required<ElevenLabsManners> {
  const one = <T>(choices: readonly [T, ...T[]]): T =>
    choices[Math.floor(random() * choices.length)] ?? choices[0];
  return {
    timing: one(elevenLabsTimings),
    contextKey: one(['contextId', 'context_id']),
    flushDone: one([false, true]),
    unknown: one([false, true]),
    oddFrames: one([false, false, true]),
    final: one(['at_once', 'at_once', 'at_once', 'late', 'late', 'missing']),
  };
}
