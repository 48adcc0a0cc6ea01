/** What the caller has said since the last committed turn: plain data, and the steps that change it. */

/** Moments of the stretch of speech that the latest words came from, in milliseconds of the session. */
export interface UtteranceTiming {
  /** The caller's last speech sample. */
  readonly mouthMs: number;
  /** When the end of the speech was certain. */
  readonly vadEndMs: number;
  readonly sttFinalMs: number;
}

export interface CallerUtterance {
  readonly speaking: boolean;
  /** Where its latest stretch of speech began. */
  readonly onsetMs: number;
  /** Speech heard in this utterance, over all its stretches. */
  readonly speechMs: number;
  /** Last speech sample of the latest stretch, and when its end was certain. */
  readonly lastSpeechMs: number;
  readonly speechEndMs: number;
  /** Of the stretch that the latest words came from; null before there were words. */
  readonly timing: UtteranceTiming | null;
  readonly segments: readonly string[];
  readonly partial: string;
  /** Two partials agreed on real words, or a final had some. */
  readonly confirmed: boolean;
  /** The recogniser was flushed and has not answered. */
  readonly awaitingFinal: boolean;
  /** The answer to a flush is overdue and was done without; what still comes for it is dropped. */
  readonly finalOverdue: boolean;
}

const silent: Omit<CallerUtterance, 'onsetMs'> = {
  speaking: false,
  speechMs: 0,
  lastSpeechMs: 0,
  speechEndMs: 0,
  timing: null,
  segments: [],
  partial: '',
  confirmed: false,
  awaitingFinal: false,
  finalOverdue: false,
};

/** An utterance in which the recogniser heard words, but the detector no speech. */
export function unheardUtterance(nowMs: number): CallerUtterance {
  return { ...silent, onsetMs: nowMs, lastSpeechMs: nowMs, speechEndMs: nowMs };
}

/** Nothing said; only the answer to an earlier flush is still to come, and will be dropped. */
export function overdueUtterance(nowMs: number): CallerUtterance {
  return { ...silent, onsetMs: nowMs, finalOverdue: true };
}

/** A stretch of speech begins, in this utterance or in a new one. */
export function startSpeaking(utterance: CallerUtterance | null, onsetMs: number): CallerUtterance {
  return { ...(utterance ?? silent), onsetMs, speaking: true };
}

/** The stretch ends, and the recogniser is flushed. */
export function stopSpeaking(
  utterance: CallerUtterance,
  lastSpeechMs: number,
  nowMs: number,
): CallerUtterance {
  return {
    ...utterance,
    speaking: false,
    speechMs: utterance.speechMs + Math.max(0, lastSpeechMs - utterance.onsetMs),
    lastSpeechMs,
    speechEndMs: nowMs,
    awaitingFinal: true,
    finalOverdue: false,
  };
}

/** A segment is final; an empty one changes no words. */
export function addSegment(utterance: CallerUtterance, text: string, nowMs: number): CallerUtterance {
  if (text === '') return { ...utterance, partial: '' };
  const timing = timingOf(utterance, nowMs);
  return { ...utterance, segments: [...utterance.segments, text], partial: '', timing };
}

/** The final segments, joined. */
export function textOf(utterance: CallerUtterance): string {
  return utterance.segments.join(' ');
}

/** Moments of the latest stretch, with its final now. */
export function timingOf(utterance: CallerUtterance, nowMs: number): UtteranceTiming {
  const { speaking, lastSpeechMs, speechEndMs } = utterance;
  return speaking
    ? { mouthMs: nowMs, vadEndMs: nowMs, sttFinalMs: nowMs }
    : { mouthMs: lastSpeechMs, vadEndMs: speechEndMs, sttFinalMs: nowMs };
}
