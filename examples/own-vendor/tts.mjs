// A voice over HTTP: one request for each piece of text; the answer streams 16-bit PCM.
import { Buffer } from 'node:buffer';
import { defineProvider, ProviderError } from 'hzrelay';
import { z } from 'zod';
import { acmeKey, authorised, disconnected, probeOf, request } from './acme.mjs';

/**
 * @param {{ apiKey: string, baseUrl?: string, voice?: string, speed?: number }} options
 * @returns {import('hzrelay').TextToSpeech}
 */
export function acmeVoice({ apiKey, baseUrl = acmeKey.service, voice = 'ann', speed = 1 }) {
  /** The audio of one text, as whole samples. */
  async function* speak(text, sampleRateHz, signal) {
    const response = await request('tts', `${baseUrl}/speech`, {
      method: 'POST',
      headers: { ...authorised(apiKey), 'content-type': 'application/json' },
      body: JSON.stringify({ text, voice, speed, rate: sampleRateHz }),
      signal,
    });
    let rest = Buffer.alloc(0);
    for await (const piece of response.body) {
      const bytes = Buffer.concat([rest, piece]);
      const whole = bytes.length - (bytes.length % 2); // A piece may end in the middle of a sample.
      rest = bytes.subarray(whole);
      if (whole > 0) yield Int16Array.from({ length: whole / 2 }, (_, at) => bytes.readInt16LE(at * 2));
    }
  }

  return {
    name: 'acme',
    produces: { encodings: ['linear16'], sampleRatesHz: [24000, 16000, 8000] },
    probe: probeOf('tts', { apiKey, baseUrl }),
    open({ format: { sampleRateHz }, signal, onEvent }) {
      const stopped = new AbortController();
      const isOver = () => stopped.signal.aborted;
      const stop = () => stopped.abort();
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop, { once: true });
      let chunks = 0;
      let work = Promise.resolve(); // One text after the other.

      const next = (step) => {
        work = work.then(async () => {
          try {
            if (!isOver()) await step();
          } catch (error) {
            if (isOver()) return;
            stop();
            onEvent({
              type: 'error',
              error: error instanceof ProviderError ? error : disconnected('tts', error),
            });
          }
        });
      };

      return {
        write(text) {
          const chunk = chunks++;
          next(async () => {
            const isSpeakable = /[\p{L}\p{N}]/u.test(text);
            for await (const samples of isSpeakable ? speak(text, sampleRateHz, stopped.signal) : []) {
              if (isOver()) return;
              onEvent({ type: 'audio', chunk, frame: { samples, sampleRateHz } });
            }
            if (!isOver()) onEvent({ type: 'chunk_done', chunk });
          });
        },
        end: () => next(() => onEvent({ type: 'done' })),
        close: stop,
      };
    },
  };
}

export const acmeTts = defineProvider({
  kind: 'tts',
  name: 'acme',
  title: 'Acme',
  key: acmeKey,
  fields: { voice: z.string().optional(), speed: z.number().min(0.5).max(2).optional() },
  recordable: ['voice', 'speed'],
  voice: { field: 'voice', names: ['ann', 'bob'] },
  // A rule between two fields, which the schema of one field cannot express.
  problemsOf: ({ voice, speed = 1 }) =>
    voice === 'bob' && speed > 1.5
      ? [{ field: 'speed', problem: `is ${speed}.`, remedy: "'bob' speaks at 1.5 at most: choose 'ann'." }]
      : [],
  create: (config) => acmeVoice(config),
});
