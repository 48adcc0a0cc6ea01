/** The caller's speech and words since the last committed turn: plain data, and pure functions that change it. */

/** Moments of the stretch of speech with the latest words, in milliseconds since `session.start`. */
export interface UtteranceTiming {
  /** The caller's last speech sample. */
  readonly mouthMs: number;
  /** When the end of the speech was detected. */
  readonly vadEndMs: number;
  readonly sttFinalMs: number;
}

/** The words that were used in place of a late final result. */
export interface StandIn {
  /** Empty if there was no partial. */
  readonly words: string;
  /** Whether one partial stands in for several finals, so the words of each are not known. */
  readonly shared: boolean;
}

export interface OverdueFinals {
  /** One for each late final, in the order of the flushes. */
  readonly taken: readonly StandIn[];
  /** Finals that arrive before `untilMs` count as late; after it no late finals are expected. */
  readonly untilMs: number;
}

export interface CallerUtterance {
  readonly speaking: boolean;
  /** When the latest stretch of speech began. */
  readonly onsetMs: number;
  /** Total speech of this utterance, over all its stretches. */
  readonly speechMs: number;
  /** Last speech sample of the latest stretch, and when its end was detected. */
  readonly lastSpeechMs: number;
  readonly speechEndMs: number;
  /** Timing of the stretch with the latest words; null before there are words. */
  readonly timing: UtteranceTiming | null;
  readonly segments: readonly string[];
  readonly partial: string;
  /** Whether two partials agreed on words that are not backchannels, or a final had some. */
  readonly confirmed: boolean;
  /** Whether the recogniser still has to send a final. */
  readonly awaitingFinal: boolean;
  /** Whether the recogniser sent words without detected speech, so that no flush will follow. */
  readonly undetected: boolean;
  /** Finals that timed out and may still arrive late. */
  readonly overdue: OverdueFinals;
  /** How long the speech has paused, in milliseconds, so that it may be over; 0 if it has not. */
  readonly pausedMs: number;
  /** Whether the words so far are probably all of the speech so far. */
  readonly settled: boolean;
  /** Whether the recogniser was flushed in this pause. */
  readonly flushedEarly: boolean;
  /** Flushes in pauses of this stretch that were not answered yet. */
  readonly earlyFlushes: number;
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
  pausedMs: 0,
  settled: false,
  flushedEarly: false,
  earlyFlushes: 0,
};

/** How long a late final is expected after its timeout. */
const overdueForMs = 3000;

/** A new utterance with words from the recogniser but without detected speech. */
export function undetectedUtterance(nowMs: number): CallerUtterance {
  return {
    ...silent,
    onsetMs: nowMs,
    lastSpeechMs: nowMs,
    speechEndMs: nowMs,
    awaitingFinal: true,
    undetected: true,
  };
}

/** More words arrive for an utterance that waits for its commit, without detected speech: no flush will follow. */
export function continueUndetected(utterance: CallerUtterance): CallerUtterance {
  const waits = utterance.segments.length > 0 && !utterance.speaking && !utterance.awaitingFinal;
  return waits ? { ...utterance, awaitingFinal: true, undetected: true } : utterance;
}

/**
 * Drops the words. An unfinished stretch goes on without the words before it. Else only late finals are kept in mind;
 * returns null if none are expected.
 */
export function forgetWords(utterance: CallerUtterance, nowMs: number): CallerUtterance | null {
  const { speaking, awaitingFinal, onsetMs, lastSpeechMs, speechEndMs, partial, overdue } = utterance;
  const { pausedMs, flushedEarly, earlyFlushes } = utterance;
  const kept = { ...silent, onsetMs, lastSpeechMs, speechEndMs, overdue };
  if (speaking || awaitingFinal)
    return { ...kept, speaking, awaitingFinal, partial, pausedMs, flushedEarly, earlyFlushes };
  return expectsLateFinals(utterance, nowMs) ? kept : null;
}

/** Whether late finals are still expected. */
export function expectsLateFinals({ overdue }: CallerUtterance, nowMs: number): boolean {
  return overdue.taken.length > 0 && nowMs < overdue.untilMs;
}

/** The final timed out: uses the partial in its place. */
export function usePartialAsFinal(utterance: CallerUtterance, nowMs: number): CallerUtterance {
  const partial = utterance.partial.trim();
  return { ...expectLateFinal(addSegment(utterance, partial, nowMs), partial, nowMs), awaitingFinal: false };
}

/** Records that the final will be late and that `words` stand in for it. */
function expectLateFinal(utterance: CallerUtterance, words: string, nowMs: number): CallerUtterance {
  const { awaitingFinal, undetected, overdue } = utterance;
  const owed = expectsLateFinals(utterance, nowMs) ? overdue.taken : [];
  // Without a flush no final will come.
  if (!awaitingFinal || undetected) return { ...utterance, overdue: { ...overdue, taken: owed } };
  // A partial covers all unanswered flushes, including those without words so far.
  const shared = words !== '' && owed.some((standIn) => standIn.words === '');
  const before = shared ? owed.map((standIn) => (standIn.words === '' ? { words, shared } : standIn)) : owed;
  const taken = [...before, { words, shared }];
  return { ...utterance, overdue: { taken, untilMs: nowMs + overdueForMs } };
}

/** The oldest late final has arrived, or has begun to. */
export function settleLateFinal(utterance: CallerUtterance): CallerUtterance {
  const { overdue } = utterance;
  return { ...utterance, overdue: { ...overdue, taken: overdue.taken.slice(1) } };
}

/** Replaces the words `taken` by the late final `said`; null if `taken` is not among the uncommitted words. */
export function correctWords(
  utterance: CallerUtterance,
  taken: string,
  said: string,
): CallerUtterance | null {
  const { segments } = utterance;
  const index = segments.lastIndexOf(taken);
  return index < 0 ? null : { ...utterance, segments: segments.with(index, said) };
}

/** A stretch of speech begins, in this utterance or a new one. */
export function startSpeaking(utterance: CallerUtterance | null, onsetMs: number): CallerUtterance {
  const before = utterance ?? silent;
  // Words without detected speech were not flushed. They belong to this stretch, whose end will flush them.
  const awaitingFinal = before.awaitingFinal && !before.undetected;
  const begun = { pausedMs: 0, settled: false, flushedEarly: false, earlyFlushes: 0 };
  return { ...before, ...begun, onsetMs, speaking: true, awaitingFinal, undetected: false };
}

/** The stretch has paused for this long; `flush`: the recogniser is flushed now. */
export function pauseSpeaking(utterance: CallerUtterance, pausedMs: number, flush: boolean): CallerUtterance {
  const { flushedEarly, earlyFlushes } = utterance;
  return {
    ...utterance,
    pausedMs,
    flushedEarly: flushedEarly || flush,
    earlyFlushes: earlyFlushes + (flush ? 1 : 0),
  };
}

/** The stretch goes on after a pause. */
export function resumeSpeaking(utterance: CallerUtterance): CallerUtterance {
  return { ...utterance, pausedMs: 0, settled: false, flushedEarly: false };
}

/** The flush for the end of a stretch: still to be made, made in the pause before the end, or already answered. */
export function endFlushOf({
  flushedEarly,
  earlyFlushes,
  partial,
  awaitingFinal,
}: CallerUtterance): 'due' | 'made' | 'answered' {
  if (!flushedEarly) return 'due';
  if (earlyFlushes > 0) return 'made';
  // Words that came after the answer are not final.
  return partial.trim() === '' && !awaitingFinal ? 'answered' : 'due';
}

/** The stretch ends. The recogniser is flushed, unless it was in the pause before; see {@link endFlushOf}. */
export function stopSpeaking(earlier: CallerUtterance, lastSpeechMs: number, nowMs: number): CallerUtterance {
  const endFlush = endFlushOf(earlier);
  // Earlier flushes may still be unanswered; their finals come separately.
  const first = earlier.awaitingFinal ? expectLateFinal(earlier, '', nowMs) : earlier;
  const utterance = expectEarlyFinals(first, earlier.earlyFlushes - (endFlush === 'made' ? 1 : 0), nowMs);
  const { timing, onsetMs, speechMs } = utterance;
  // For words that were final while the caller still spoke, the end of the stretch counts.
  const belongs = timing !== null && timing.sttFinalMs >= onsetMs;
  return {
    ...utterance,
    speaking: false,
    speechMs: speechMs + Math.max(0, lastSpeechMs - onsetMs),
    lastSpeechMs,
    speechEndMs: nowMs,
    timing: belongs ? { mouthMs: lastSpeechMs, vadEndMs: nowMs, sttFinalMs: nowMs } : timing,
    awaitingFinal: endFlush !== 'answered',
    flushedEarly: false,
    earlyFlushes: 0,
  };
}

/** Flushes in earlier pauses were not answered yet: their finals come before that of the end, and have no stand-in. */
function expectEarlyFinals(utterance: CallerUtterance, count: number, nowMs: number): CallerUtterance {
  if (count === 0) return utterance;
  const owed = expectsLateFinals(utterance, nowMs) ? utterance.overdue.taken : [];
  const early = Array.from({ length: count }, (): StandIn => ({ words: '', shared: false }));
  return { ...utterance, overdue: { taken: [...owed, ...early], untilMs: nowMs + overdueForMs } };
}

/** Adds a final segment. An empty one adds no words. */
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

/** Timing of the latest stretch, with its final at `nowMs`. */
export function timingOf(utterance: CallerUtterance, nowMs: number): UtteranceTiming {
  const { speaking, lastSpeechMs, speechEndMs } = utterance;
  return speaking
    ? { mouthMs: nowMs, vadEndMs: nowMs, sttFinalMs: nowMs }
    : { mouthMs: lastSpeechMs, vadEndMs: speechEndMs, sttFinalMs: nowMs };
}
