/** What the caller has said since the last committed turn: plain data, and the steps that change it. */

/** Moments of the stretch of speech that the latest words came from, in milliseconds of the session. */
export interface UtteranceTiming {
  /** The caller's last speech sample. */
  readonly mouthMs: number;
  /** When the end of the speech was certain. */
  readonly vadEndMs: number;
  readonly sttFinalMs: number;
}

export interface OverdueFinals {
  readonly count: number;
  /** A recogniser that has not answered by then never will. */
  readonly untilMs: number;
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
  /** The recogniser hears words where the detector hears no speech, so nobody will flush it. */
  readonly undetected: boolean;
  /** Answers to flushes that were done without; what still comes for them, until then, is dropped. */
  readonly overdue: OverdueFinals;
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
  undetected: false,
  overdue: { count: 0, untilMs: 0 },
};

/** How late the answer to a flush may come and still be known as such. */
const overdueForMs = 3000;

/** An utterance in which the recogniser heard words, but the detector no speech. */
export function unheardUtterance(nowMs: number): CallerUtterance {
  return {
    ...silent,
    onsetMs: nowMs,
    lastSpeechMs: nowMs,
    speechEndMs: nowMs,
    awaitingFinal: true,
    undetected: true,
  };
}

/** Nothing said any more; only answers to earlier flushes may still come, and will be dropped. */
export function forgetWords(utterance: CallerUtterance, nowMs: number): CallerUtterance | null {
  return owesFinals(utterance, nowMs) ? { ...silent, onsetMs: nowMs, overdue: utterance.overdue } : null;
}

/** Whether the recogniser still owes an answer that was done without. */
export function owesFinals({ overdue }: CallerUtterance, nowMs: number): boolean {
  return overdue.count > 0 && nowMs < overdue.untilMs;
}

/** Does without the answer to the flush: the partial is taken for it. */
export function giveUpFinal(utterance: CallerUtterance, nowMs: number): CallerUtterance {
  const { awaitingFinal, undetected, partial } = utterance;
  const owed = owesFinals(utterance, nowMs) ? utterance.overdue.count : 0;
  // Where nobody flushed, nothing is owed.
  const count = owed + (awaitingFinal && !undetected ? 1 : 0);
  const taken = addSegment(utterance, partial.trim(), nowMs);
  return { ...taken, awaitingFinal: false, overdue: { count, untilMs: nowMs + overdueForMs } };
}

/** An answer came that was done without: it corrects the words that were taken for it, if they wait to be committed. */
export function takeLateFinal(utterance: CallerUtterance, text: string): CallerUtterance {
  const { segments, speaking, overdue } = utterance;
  const corrects = text !== '' && !speaking && segments.length > 0;
  return {
    ...utterance,
    segments: corrects ? [...segments.slice(0, -1), text] : segments,
    overdue: { ...overdue, count: overdue.count - 1 },
  };
}

/** A stretch of speech begins, in this utterance or in a new one. */
export function startSpeaking(utterance: CallerUtterance | null, onsetMs: number): CallerUtterance {
  return { ...(utterance ?? silent), onsetMs, speaking: true, undetected: false };
}

/** The stretch ends, and the recogniser is flushed. */
export function stopSpeaking(
  utterance: CallerUtterance,
  lastSpeechMs: number,
  nowMs: number,
): CallerUtterance {
  const { timing, onsetMs, speechMs } = utterance;
  // Words that were final while the caller still spoke belong to the end of this stretch, not to their own moment.
  const belongs = timing !== null && timing.sttFinalMs >= onsetMs;
  return {
    ...utterance,
    speaking: false,
    speechMs: speechMs + Math.max(0, lastSpeechMs - onsetMs),
    lastSpeechMs,
    speechEndMs: nowMs,
    timing: belongs ? { mouthMs: lastSpeechMs, vadEndMs: nowMs, sttFinalMs: nowMs } : timing,
    awaitingFinal: true,
  };
}

/** A segment is final; an empty one changes no words. */
export function addSegment(utterance: CallerUtterance, text: string, nowMs: number): CallerUtterance {
  const timing = timingOf(utterance, nowMs);
  if (text === '') {
    const ofThisStretch = !utterance.speaking && utterance.timing?.mouthMs === utterance.lastSpeechMs;
    return { ...utterance, partial: '', timing: ofThisStretch ? timing : utterance.timing };
  }
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
