/** What the caller has said since the last committed turn: plain data, and the steps that change it. */

/** Moments of the stretch of speech that the latest words came from, in milliseconds of the session. */
export interface UtteranceTiming {
  /** The caller's last speech sample. */
  readonly mouthMs: number;
  /** When the end of the speech was certain. */
  readonly vadEndMs: number;
  readonly sttFinalMs: number;
}

/** What was taken in place of an answer to a flush. */
export interface StandIn {
  /** Empty where nothing was known. */
  readonly words: string;
  /** One guess stands in for several answers: which of its words belong to which is not known. */
  readonly shared: boolean;
}

export interface OverdueFinals {
  /** In the order of the flushes. */
  readonly taken: readonly StandIn[];
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
  /** Answers to flushes that were done without; what still comes for them, until then, is known for what it is. */
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
  overdue: { taken: [], untilMs: 0 },
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

/** Nothing said any more; only answers to earlier flushes may still come, and tell of the stretches that are over. */
export function forgetWords(utterance: CallerUtterance, nowMs: number): CallerUtterance | null {
  if (!owesFinals(utterance, nowMs)) return null;
  const { onsetMs, lastSpeechMs, speechEndMs, overdue } = utterance;
  return { ...silent, onsetMs, lastSpeechMs, speechEndMs, overdue };
}

/** Whether the recogniser still owes an answer that was done without. */
export function owesFinals({ overdue }: CallerUtterance, nowMs: number): boolean {
  return overdue.taken.length > 0 && nowMs < overdue.untilMs;
}

/** Does without the answer to the flush: the partial is taken for it. */
export function giveUpFinal(utterance: CallerUtterance, nowMs: number): CallerUtterance {
  const partial = utterance.partial.trim();
  return { ...oweFinal(addSegment(utterance, partial, nowMs), partial, nowMs), awaitingFinal: false };
}

/** The answer to the flush will be late, and these words stand in for it. */
function oweFinal(utterance: CallerUtterance, words: string, nowMs: number): CallerUtterance {
  const { awaitingFinal, undetected, overdue } = utterance;
  const owed = owesFinals(utterance, nowMs) ? overdue.taken : [];
  // Where nobody flushed, nothing is owed.
  if (!awaitingFinal || undetected) return { ...utterance, overdue: { ...overdue, taken: owed } };
  // A guess covers all that the recogniser has not answered, so also what had none so far.
  const shared = words !== '' && owed.some((standIn) => standIn.words === '');
  const before = shared ? owed.map((standIn) => (standIn.words === '' ? { words, shared } : standIn)) : owed;
  const taken = [...before, { words, shared }];
  return { ...utterance, overdue: { taken, untilMs: nowMs + overdueForMs } };
}

/** The oldest answer that is owed has come, or begins to come. */
export function settleLateFinal(utterance: CallerUtterance): CallerUtterance {
  const { overdue } = utterance;
  return { ...utterance, overdue: { ...overdue, taken: overdue.taken.slice(1) } };
}

/** Puts what the caller said in place of what was taken for it; null where those words do not wait to be committed. */
export function correctWords(
  utterance: CallerUtterance,
  taken: string,
  said: string,
): CallerUtterance | null {
  const { segments } = utterance;
  const index = segments.lastIndexOf(taken);
  return index < 0 ? null : { ...utterance, segments: segments.with(index, said) };
}

/** A stretch of speech begins, in this utterance or in a new one. */
export function startSpeaking(utterance: CallerUtterance | null, onsetMs: number): CallerUtterance {
  const before = utterance ?? silent;
  // What the recogniser heard by itself was not flushed; it belongs to this stretch, which will be.
  const awaitingFinal = before.awaitingFinal && !before.undetected;
  return { ...before, onsetMs, speaking: true, awaitingFinal, undetected: false };
}

/** The stretch ends, and the recogniser is flushed. */
export function stopSpeaking(earlier: CallerUtterance, lastSpeechMs: number, nowMs: number): CallerUtterance {
  // The flush before may be unanswered still: it has an answer of its own.
  const utterance = earlier.awaitingFinal ? oweFinal(earlier, '', nowMs) : earlier;
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
