/** The entry file of the synthesis workers. */
import { encodeMulaw } from '../../../audio/g711.js';
import { createResampler } from '../../../audio/resampler.js';
import { serveWorker, transferring } from '../../../workers/serve-worker.js';
import { loadFlite, type FliteVoice } from './flite.js';
import type { SynthesisService, SynthesizedSpeech } from './synthesis-service.js';
import { trimSpeech } from './trim-speech.js';

/** The voices with which this worker has spoken: each relay of a process warms up the voice that they share. */
const warm = new Set<FliteVoice>();

const service: SynthesisService = {
  async warmUp(voice) {
    if (warm.has(voice)) return;
    // A first synthesis also compiles the code on its path and makes a resampler that is kept.
    const format = { encoding: 'mulaw', sampleRateHz: 8000 } as const;
    await this.synthesize({ text: 'Hello.', voice, stretch: 1, format, leadMs: 0, tailMs: 0 });
    warm.add(voice);
  },

  async synthesize({ text, voice, stretch, format, leadMs, tailMs }) {
    const flite = await loadFlite();
    const speech = flite.synthesize(text, { voice, stretch });
    const { samples: trimmed, phones } = trimSpeech(speech, { leadMs, tailMs });
    const samples = await resample(trimmed, speech.sampleRateHz, format.sampleRateHz);
    if (format.encoding !== 'mulaw')
      return transferring<SynthesizedSpeech>({ samples, phones }, samples.buffer);
    const mulaw = encodeMulaw(samples, new Uint8Array(samples.length)) as Uint8Array<ArrayBuffer>;
    return transferring<SynthesizedSpeech>({ samples, mulaw, phones }, samples.buffer, mulaw.buffer);
  },

  async pronounce(texts) {
    return (await loadFlite()).pronounce(texts);
  },
};

async function resample(samples: Int16Array, fromHz: number, toHz: number): Promise<Int16Array<ArrayBuffer>> {
  const resampler = await createResampler({ fromHz, toHz });
  try {
    const head = resampler.push(samples);
    const rest = resampler.flush();
    const all = new Int16Array(head.length + rest.length);
    all.set(head);
    all.set(rest, head.length);
    return all;
  } finally {
    resampler.close();
  }
}

serveWorker(service);
