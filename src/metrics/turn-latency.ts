/**
 * Mouth to ear: the latency of one turn and its parts. Pure arithmetic over the moments that the session recorded. Each
 * part is the difference of two neighbouring moments, so the parts always sum to the total.
 */

/** Moments of a turn in milliseconds since `session.start`; missing if they did not happen. */
export interface TurnMoments {
  /** The relay received the caller's last speech sample (in a typed turn: the text). */
  readonly mouthMs?: number;
  /** The end of speech was certain, and the recogniser was flushed. */
  readonly vadEndMs?: number;
  /** The recogniser gave its last final result, or the wait for it timed out. */
  readonly sttFinalMs?: number;
  /** The turn was committed. */
  readonly commitMs?: number;
  /** The tools of an earlier, revoked answer ended; the model waited for them. */
  readonly toolsReadyMs?: number;
  /** The request to the language model was made. */
  readonly llmStartMs?: number;
  readonly llmFirstTokenMs?: number;
  /** The first speakable text was handed to speech synthesis. */
  readonly ttsStartMs?: number;
  /** Speech synthesis returned the first audible audio. */
  readonly ttsFirstAudioMs?: number;
  /** Turn taking released the answer (see `turnTaking.minResponseDelayMs`). */
  readonly releasedMs?: number;
  /** The first audible frame was handed to the transport. */
  readonly audioSentMs?: number;
  /** The first audible sample reached the caller. */
  readonly earMs?: number;
  /** Time that tools took between the model's start and the first audible audio. */
  readonly toolsMs?: number;
  /** The first audible audio was a filler, spoken while a tool ran. */
  readonly filler?: boolean;
  /** The first audible sample of the answer after the filler reached the caller. */
  readonly answerMs?: number;
}

/** The named parts of mouth→ear, in milliseconds; they sum to the total. */
export interface LatencyParts {
  /** Waiting to be sure that the caller has finished, before the flush, the commit and the release. */
  readonly endpointing: number;
  readonly stt: number;
  readonly llm: number;
  /** From the first token to the first speakable text. */
  readonly sentence: number;
  readonly tts: number;
  readonly tools: number;
  /** Time spent in the relay itself. */
  readonly relay: number;
  /** From the hand-over to the transport until the caller hears the audio. */
  readonly playout: number;
}

export type LatencyPart = keyof LatencyParts;

/** Why a turn has no mouth→ear figure. */
export type AbsentReason =
  | 'greeting'
  | 'unprompted'
  | 'unanswered'
  | 'no_audio'
  | 'ear_not_reported'
  | 'interrupted'
  | 'superseded'
  | 'hangup'
  | 'ended'
  | 'error';

export interface TurnLatency {
  /** Caller's last speech sample to first audible answer sample; if null, `absent` says why. */
  readonly mouth_to_ear_ms: number | null;
  readonly absent: AbsentReason | null;
  /** Whether the far end reported the ear's time or it was calculated. */
  readonly ear: 'measured' | 'estimated' | null;
  /** Whether a filler was heard first; `answer_ms` then gives the time of the answer itself. */
  readonly filler: boolean;
  /** From mouth to the first audible sample of the answer after a filler; null without a filler. */
  readonly answer_ms: number | null;
  readonly parts: LatencyParts | null;
  readonly audio_received_ms: number | null;
  readonly stt_start_ms: number | null;
  readonly stt_final_ms: number | null;
  readonly llm_start_ms: number | null;
  readonly llm_first_token_ms: number | null;
  readonly tts_start_ms: number | null;
  readonly tts_first_audio_ms: number | null;
  readonly audio_sent_ms: number | null;
  readonly ear_ms: number | null;
}

const noParts: LatencyParts = {
  endpointing: 0,
  stt: 0,
  llm: 0,
  sentence: 0,
  tts: 0,
  tools: 0,
  relay: 0,
  playout: 0,
};

/** The moments in order; the time before each counts towards its part. */
const chain: readonly (readonly [
  moment: Exclude<keyof TurnMoments, 'toolsMs' | 'mouthMs' | 'filler' | 'answerMs'>,
  part: LatencyPart,
])[] = [
  ['vadEndMs', 'endpointing'],
  ['sttFinalMs', 'stt'],
  ['commitMs', 'endpointing'],
  ['toolsReadyMs', 'tools'],
  ['llmStartMs', 'relay'],
  ['llmFirstTokenMs', 'llm'],
  ['ttsStartMs', 'sentence'],
  ['ttsFirstAudioMs', 'tts'],
  ['releasedMs', 'endpointing'],
  ['audioSentMs', 'relay'],
  ['earMs', 'playout'],
];

/**
 * Builds a turn's latency. A moment earlier than the one before it on the chain is clamped to that one (a speculative
 * model start shows as overlap, never as a negative part); a missing moment gives its time to the next part.
 * `absent` is the reason to report if mouth or ear is missing.
 */
export function turnLatency(
  moments: TurnMoments,
  ear: 'measured' | 'estimated' | null,
  absent: AbsentReason,
): TurnLatency {
  const { mouthMs, earMs, answerMs } = moments;
  const complete = mouthMs !== undefined && earMs !== undefined && ear !== null;
  const parts = complete ? partsOf(moments, mouthMs, earMs) : null;
  return {
    mouth_to_ear_ms: parts ? sumOf(parts) : null,
    absent: parts ? null : absent,
    ear: earMs === undefined ? null : ear,
    filler: moments.filler === true,
    answer_ms: answerMs !== undefined && mouthMs !== undefined ? answerMs - mouthMs : null,
    parts,
    audio_received_ms: mouthMs ?? null,
    stt_start_ms: moments.vadEndMs ?? null,
    stt_final_ms: moments.sttFinalMs ?? null,
    llm_start_ms: moments.llmStartMs ?? null,
    llm_first_token_ms: moments.llmFirstTokenMs ?? null,
    tts_start_ms: moments.ttsStartMs ?? null,
    tts_first_audio_ms: moments.ttsFirstAudioMs ?? null,
    audio_sent_ms: moments.audioSentMs ?? null,
    ear_ms: earMs ?? null,
  };
}

function sumOf(parts: LatencyParts): number {
  return (Object.values(parts) as number[]).reduce((sum, part) => sum + part, 0);
}

function partsOf(moments: TurnMoments, mouthMs: number, earMs: number): LatencyParts {
  const parts: Record<LatencyPart, number> = { ...noParts };
  let at = mouthMs;
  for (const [moment, part] of chain) {
    const momentMs = moments[moment];
    if (momentMs === undefined) continue;
    // After a filler was heard, the model may still be running.
    const next = Math.min(momentMs, earMs);
    if (next <= at) continue;
    parts[part] += next - at;
    at = next;
  }
  // Tools run within the model's time: move their share of it to `tools`.
  const toolsMs = moments.toolsMs ?? 0;
  const fromLlm = Math.min(toolsMs, parts.llm);
  const fromSentence = Math.min(toolsMs - fromLlm, parts.sentence);
  parts.llm -= fromLlm;
  parts.sentence -= fromSentence;
  parts.tools += fromLlm + fromSentence;
  return parts;
}
