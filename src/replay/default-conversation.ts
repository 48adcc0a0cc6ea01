/** What a simulated caller says without recordings: a whole booking, spoken by the embedded voice. */
import { createResampler } from '../audio/resampler.js';
import { loadFlite } from '../providers/local/tts/flite.js';
import { trimSpeech } from '../providers/local/tts/trim-speech.js';
import type { Recording } from './recordings.js';

/** One sentence per turn; the appointment desk understands all of them. */
export const defaultConversation = [
  'I would like to book an appointment for Friday at three.',
  'Yes, please.',
  'Goodbye.',
] as const;

/** Silence before and after each sentence, as a recording of a person has it. */
const marginMs = 200;

/**
 * The sentences as recordings at the caller's rate, by a voice that differs from the agent's. They are synthesised on the
 * calling thread, which takes some 50 ms each.
 */
export async function speakConversation(
  sampleRateHz: number,
  sentences: readonly string[] = defaultConversation,
): Promise<Recording[]> {
  const flite = await loadFlite();
  return Promise.all(
    sentences.map(async (sentence) => {
      const speech = flite.synthesize(sentence, { voice: 'rms' });
      const { samples } = trimSpeech(speech, { leadMs: 0, tailMs: 0 });
      const margin = new Int16Array(Math.round((marginMs / 1000) * sampleRateHz));
      const resampler = await createResampler({ fromHz: speech.sampleRateHz, toHz: sampleRateHz });
      try {
        const spoken = joined([margin, resampler.push(samples), resampler.flush(), margin]);
        return { path: '', name: `'${sentence}'`, samples: spoken, sampleRateHz };
      } finally {
        resampler.close();
      }
    }),
  );
}

function joined(parts: readonly Int16Array[]): Int16Array {
  const whole = new Int16Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
