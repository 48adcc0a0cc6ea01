import { encodeMulaw, decodeMulaw } from '../audio/g711.js';
import type { AudioFrame } from '../audio/audio-frame.js';
import type { TextToSpeech, TtsEvent } from '../providers/text-to-speech.js';
import { toneSpeech } from './tone-speech.js';

/** The fallback voice: speaks {@link toneSpeech} immediately, so that the caller's words can be decoded from audio. */
export const standInVoice: TextToSpeech = {
  name: 'stand-in',
  produces: { encodings: ['mulaw', 'linear16'], sampleRatesHz: 'any' },
  open({ format: { encoding, sampleRateHz }, signal, onEvent }) {
    let chunk = 0;
    let closed = false;
    const later = (event: TtsEvent): void =>
      queueMicrotask(() => {
        if (!closed && !signal.aborted) onEvent(event);
      });
    return {
      write(text) {
        const { samples } = toneSpeech(text.trim(), sampleRateHz);
        const frame = encoding === 'mulaw' ? asMulaw(samples, sampleRateHz) : { samples, sampleRateHz };
        // Each chunk includes the pause before the next word.
        const pause = new Int16Array((sampleRateHz * pauseMs) / 1000);
        later({ type: 'audio', chunk, frame });
        later({
          type: 'audio',
          chunk,
          frame: encoding === 'mulaw' ? asMulaw(pause, sampleRateHz) : { samples: pause, sampleRateHz },
        });
        later({ type: 'chunk_done', chunk: chunk++ });
      },
      end: () => later({ type: 'done' }),
      close() {
        closed = true;
      },
    };
  },
};

const pauseMs = 60;

function asMulaw(samples: Int16Array, sampleRateHz: number): AudioFrame {
  const bytes = encodeMulaw(samples);
  return { samples: decodeMulaw(bytes), sampleRateHz, encoded: { encoding: 'mulaw', bytes } };
}
