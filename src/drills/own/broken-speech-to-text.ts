import type { SpeechToText, SpeechToTextStream, SttEvent } from '../../providers/speech-to-text.js';
import type { FaultSwitch } from './fault-switch.js';

/** How much of the caller's speech a recogniser takes before it fails mid-speech. */
const middleOfSpeechMs = 400;

/** A recogniser that fails as a drill demands, and otherwise behaves as `inner`. The caller closes `inner`. */
export function brokenSpeechToText(inner: SpeechToText, faults: FaultSwitch): SpeechToText {
  return {
    name: inner.name,
    accepts: inner.accepts,
    ...(inner.model !== undefined && { model: inner.model }),
    ...(inner.finalTimeoutMs !== undefined && { finalTimeoutMs: inner.finalTimeoutMs }),
    warmUp: async () => (await inner.warmUp?.()) ?? [],
    open(options) {
      const fault = faults.begin();
      let isDead = false;
      let isClosed = false;
      let speechMs: number | null = null;
      const give = (event: SttEvent): void => {
        faults.answers();
        if (!isDead && !isClosed) options.onEvent(event);
      };
      const stream: SpeechToTextStream = faults.opening(() => inner.open({ ...options, onEvent: give }));
      const fail = (): void => {
        if (!fault || isDead || isClosed) return;
        const error = faults.strike(fault, inner.name);
        // Never emit an `error` event while the session is calling a method.
        if (error)
          queueMicrotask(() => {
            if (!isClosed) options.onEvent({ type: 'error', error });
          });
        isDead = true;
      };
      if (fault?.at === 'at_once') fail();
      return {
        write(frame) {
          if (isDead) return;
          stream.write(frame);
          if (speechMs === null || fault?.at !== 'in_the_middle') return;
          speechMs += (frame.samples.length / frame.sampleRateHz) * 1000;
          if (speechMs >= middleOfSpeechMs) fail();
        },
        speechStarted() {
          speechMs ??= 0;
          if (!isDead) stream.speechStarted?.();
        },
        flush() {
          faults.asks();
          if (fault?.at === 'at_the_end') fail();
          if (!isDead) stream.flush();
        },
        ...(stream.recover && { recover: () => !isDead && stream.recover?.() === true }),
        async close() {
          if (!isClosed) faults.end();
          isClosed = true;
          await stream.close();
        },
      };
    },
  };
}
