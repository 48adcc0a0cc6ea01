import type { SpeechToText, SttEvent } from '../../stt/speech-to-text.js';
import { spread, type SimulatedHearing, type SpokenWord } from './simulated-hearing.js';

/** Speech must be heard for this long before the recogniser is told of it. */
const onsetSec = 0.1;

/**
 * Hears what a real recogniser hears, the embedded one for example: the simulator then answers with the words that were
 * really said. The words become known when a final is asked for or the speaker pauses, and are spread over the speech.
 * Whoever made the recogniser closes it; the streams end with `signal`.
 */
export function hearingOf(stt: SpeechToText, signal: AbortSignal): SimulatedHearing {
  return (sampleRateHz) => {
    const words: SpokenWord[] = [];
    let nowSec = 0;
    let speech: { readonly startSec: number; lastSec: number; told: boolean } | null = null;
    let answered: (text: string) => void = () => undefined;
    const onEvent = (event: SttEvent): void => {
      if (event.type === 'final') answered(event.text);
      else if (event.type === 'error') answered('');
    };
    const stream = stt.open({ format: { encoding: 'linear16', sampleRateHz }, signal, onEvent });
    return {
      words,
      hear(samples, isSpeech) {
        stream.write({ samples, sampleRateHz });
        nowSec += samples.length / sampleRateHz;
        if (!isSpeech) return;
        speech ??= { startSec: nowSec - samples.length / sampleRateHz, lastSec: nowSec, told: false };
        speech.lastSec = nowSec;
        if (speech.told || nowSec - speech.startSec < onsetSec) return;
        speech.told = true;
        stream.speechStarted?.();
      },
      async settle() {
        if (!speech?.told) return;
        const { startSec, lastSec } = speech;
        speech = null;
        const text = await new Promise<string>((resolve) => {
          answered = resolve;
          stream.flush();
        });
        words.push(...spread(text, startSec, lastSec));
      },
    };
  };
}
