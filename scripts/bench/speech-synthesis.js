/** The embedded voices: time to first audio, and cost. */
import { fliteVoices } from '../../dist/providers/local/tts/flite.js';
import { localTextToSpeech } from '../../dist/providers/local/tts/local-text-to-speech.js';
import { distribution, single } from './section.js';

const sentences = {
  short: 'What day would suit you?',
  medium: 'I have a free hour on Friday, at three in the afternoon. Shall I book that for you?',
};
const phoneFormat = { encoding: 'mulaw', sampleRateHz: 8000 };

export async function speechSynthesis({ rounds }) {
  const figures = [];
  for (const voice of fliteVoices) {
    const tts = localTextToSpeech({ voice });
    await tts.warmUp();
    await tts.idle();
    const before = process.cpuUsage();
    let samples = 0;
    for (const [length, text] of Object.entries(sentences)) {
      const firstMs = [];
      for (let round = 0; round < rounds; round++) {
        const speech = await speak(tts, text);
        firstMs.push(speech.firstAudioMs);
        samples += speech.samples;
      }
      figures.push(distribution(`${voice}, ${length} sentence: first audio`, 'ms', firstMs));
    }
    const { user, system } = process.cpuUsage(before);
    const audioSeconds = samples / phoneFormat.sampleRateHz;
    figures.push(
      single(`${voice}: processor time per second of audio`, 'ms', (user + system) / 1000 / audioSeconds),
    );
    await tts.close();
  }
  return { title: 'Speech synthesis (Flite)', figures, problems: [] };
}

/** Speaks a text like a session, from the first word written to the last sample. */
function speak(tts, text) {
  return new Promise((resolve, reject) => {
    const startedMs = performance.now();
    let firstAudioMs = null;
    let samples = 0;
    const stream = tts.open({
      format: phoneFormat,
      signal: new globalThis.AbortController().signal,
      onEvent(event) {
        if (event.type === 'audio') {
          firstAudioMs ??= performance.now() - startedMs;
          samples += event.frame.samples.length;
        }
        if (event.type === 'done') resolve({ firstAudioMs, samples });
        if (event.type === 'error') reject(event.error);
      },
    });
    stream.write(text);
    stream.end();
  });
}
