import type { SpeechToText, SttEvent } from '../providers/speech-to-text.js';
import { spread, type SimulatedHearing, type SpokenWord } from './simulated-hearing.js';

/** Speech of this length is reported to the recogniser as started. */
const onsetSec = 0.1;

/**
 * Uses a real recogniser, such as the embedded one, so that the simulator answers with the words that were said. Words become
 * known when a final is requested or the speaker pauses, and are spread evenly over the speech. The caller closes the
 * recogniser; its streams end with `signal`.
 */
export function hearingOf(stt: SpeechToText, signal: AbortSignal): SimulatedHearing {
  return (sampleRateHz) => {
    const words: SpokenWord[] = [];
    let nowSec = 0;
    let speech: { readonly startSec: number; lastSec: number; told: boolean } | null = null;
    /** Takes the words of the next answer, for each flush that has none yet. */
    const asked: ((text: string) => void)[] = [];
    let settled = Promise.resolve();
    const onEvent = (event: SttEvent): void => {
      if (event.type === 'final') asked.shift()?.(event.text);
      else if (event.type === 'error') for (const answered of asked.splice(0)) answered('');
    };
    // A vendor whose rate the recogniser does not take: every `step` samples become one.
    const { sampleRatesHz: rates } = stt.accepts;
    const step = rates === 'any' || rates.includes(sampleRateHz) ? 1 : sampleRateHz / Math.min(...rates);
    const heardHz = sampleRateHz / step;
    const stream = stt.open({ format: { encoding: 'linear16', sampleRateHz: heardHz }, signal, onEvent });
    return {
      words,
      hear(samples, isSpeech) {
        stream.write({ samples: step === 1 ? samples : averaged(samples, step), sampleRateHz: heardHz });
        nowSec += samples.length / sampleRateHz;
        if (!isSpeech) return;
        speech ??= { startSec: nowSec - samples.length / sampleRateHz, lastSec: nowSec, told: false };
        speech.lastSec = nowSec;
        if (speech.told || nowSec - speech.startSec < onsetSec) return;
        speech.told = true;
        stream.speechStarted?.();
      },
      settle() {
        if (!speech?.told) return settled;
        const { startSec, lastSec } = speech;
        speech = null;
        const text = new Promise<string>((resolve) => asked.push(resolve));
        stream.flush();
        settled = text.then((said) => void words.push(...spread(said, startSec, lastSec)));
        return settled;
      },
    };
  };
}

/** The mean of every `step` samples. A whole number of steps is expected, as in frames of 20 ms; the rest is dropped. */
function averaged(samples: Int16Array, step: number): Int16Array {
  return Int16Array.from({ length: Math.floor(samples.length / step) }, (_, index) => {
    const part = samples.subarray(index * step, (index + 1) * step);
    return part.reduce((sum, sample) => sum + sample, 0) / step;
  });
}
