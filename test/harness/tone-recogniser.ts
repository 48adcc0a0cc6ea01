import type { SpeechToText } from '#src/providers/speech-to-text.js';
import { toneHearing } from './tone-words.js';

export interface ToneRecogniserOptions {
  /** @default 'tones' */
  readonly name?: string;
  /** @default 8000 */
  readonly sampleRateHz?: number;
}

/**
 * An in-process recogniser for {@link sayTones} with only the required features: no word times, no partials. It listens only
 * from the start of speech, with half a second of pre-roll.
 */
export function toneRecogniser({
  name = 'tones',
  sampleRateHz = 8000,
}: ToneRecogniserOptions = {}): SpeechToText {
  const preRollFrames = 25;
  return {
    name,
    accepts: { encodings: ['linear16'], sampleRatesHz: [sampleRateHz] },
    open({ onEvent, signal }) {
      let preRoll: Int16Array[] = [];
      let pending = new Int16Array(0);
      let ear: ReturnType<typeof toneHearing> | null = null;
      let closed = false;
      const hear = (samples: Int16Array): void =>
        ear?.hear(
          samples,
          samples.some((sample) => Math.abs(sample) > 1000),
        );
      const take = (frame: Int16Array): void => {
        if (ear) return hear(frame);
        preRoll.push(frame);
        preRoll = preRoll.slice(-preRollFrames);
      };
      return {
        write({ samples, sampleRateHz: rateHz }) {
          if (rateHz !== sampleRateHz) throw new TypeError(`It got ${rateHz} Hz, not ${sampleRateHz} Hz.`);
          const written = new Int16Array(pending.length + samples.length);
          written.set(pending);
          written.set(samples, pending.length);
          pending = written;
          const length = sampleRateHz / 50;
          for (; pending.length >= length; pending = pending.subarray(length))
            take(pending.subarray(0, length));
        },
        speechStarted() {
          if (ear) return;
          ear = toneHearing(sampleRateHz);
          for (const samples of preRoll.splice(0)) hear(samples);
        },
        flush() {
          void ear?.settle();
          const text = ear?.words.map(({ word }) => word).join(' ') ?? '';
          ear = null;
          queueMicrotask(() => {
            if (!closed && !signal.aborted) onEvent({ type: 'final', text, endOfUtterance: true });
          });
        },
        close() {
          closed = true;
          return Promise.resolve();
        },
      };
    },
  };
}
