// A recogniser over a WebSocket: PCM goes in, lines of JSON come out.
import { Buffer } from 'node:buffer';
import { defineProvider, ProviderError } from 'hzrelay';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { acmeKey, authorised, disconnected, probeOf, refused } from './acme.mjs';

/** The known fields of a message; others are ignored. */
const messageSchema = z.object({
  type: z.enum(['partial', 'final']),
  text: z.string(),
  /** A final that answers a flush. */
  flushed: z.boolean().optional(),
  until_ms: z.number().optional(),
});

const pingEveryMs = 5000;

/**
 * @param {{ apiKey: string, baseUrl?: string, language?: string, clock: import('hzrelay').Clock }} options
 * @returns {import('hzrelay').SpeechToText}
 */
export function acmeRecogniser({ apiKey, baseUrl = acmeKey.service, language = 'en', clock }) {
  return {
    name: 'acme',
    accepts: { encodings: ['linear16'], sampleRatesHz: [16000, 8000] },
    probe: probeOf('stt', { apiKey, baseUrl }),
    open({ format, signal, onEvent }) {
      const query = new URLSearchParams({ rate: String(format.sampleRateHz), language });
      const url = `${baseUrl.replace(/^http/, 'ws')}/listen?${query}`;
      const socket = new WebSocket(url, { headers: authorised(apiKey) });
      let isOver = false;
      let heardOf = true;
      /** Messages sent before the connection is open. */
      let waiting = [];
      let ping = clock.setTimer(pingEveryMs, watch);

      /** Sends pings. A ping without an answer means that the server is gone without closing. */
      function watch() {
        if (!heardOf) return fail(silent());
        heardOf = false;
        if (socket.readyState === WebSocket.OPEN) socket.ping();
        ping = clock.setTimer(pingEveryMs, watch);
      }

      function send(data) {
        if (isOver) return;
        if (socket.readyState === WebSocket.CONNECTING) waiting.push(data);
        else if (socket.readyState === WebSocket.OPEN) socket.send(data);
      }

      function close() {
        if (isOver) return;
        isOver = true;
        waiting = [];
        ping.cancel();
        signal.removeEventListener('abort', close);
        socket.on('error', () => {}); // Closing before the connection is open emits another error.
        socket.close();
      }

      function fail(error) {
        if (isOver) return;
        close();
        socket.terminate();
        onEvent({ type: 'error', error });
      }

      socket.on('open', () => {
        for (const data of waiting.splice(0)) send(data);
      });
      socket.on('pong', () => (heardOf = true));
      socket.on('message', (data, isBinary) => {
        heardOf = true;
        const message = isBinary || isOver ? null : parsed(String(data));
        if (message?.type === 'partial') onEvent({ type: 'partial', text: message.text });
        if (message?.type === 'final')
          onEvent({
            type: 'final',
            text: message.text,
            endOfUtterance: message.flushed === true,
            ...(message.until_ms !== undefined && { untilMs: message.until_ms }),
          });
      });
      socket.on('unexpected-response', (_request, { statusCode = 0, headers }) =>
        fail(refused('stt', statusCode, headers['retry-after'])),
      );
      socket.on('error', (thrown) => fail(disconnected('stt', thrown)));
      socket.on('close', () => fail(disconnected('stt')));
      if (signal.aborted) close();
      else signal.addEventListener('abort', close, { once: true });

      return {
        write: ({ samples }) => send(Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)),
        flush: () => send(JSON.stringify({ type: 'flush' })),
        close: async () => close(),
      };
    },
  };
}

function silent() {
  const details = /** @type {const} */ ({ kind: 'stt', provider: 'acme', category: 'timeout' });
  return new ProviderError('acme (stt) no longer answers.', details);
}

/** Parses a message; an invalid one is skipped and does not end the call. */
function parsed(text) {
  try {
    return messageSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

export const acmeStt = defineProvider({
  kind: 'stt',
  name: 'acme',
  title: 'Acme',
  key: acmeKey,
  fields: { language: z.enum(['en', 'de']).optional() },
  recordable: ['language'],
  create: (config, { clock }) => acmeRecogniser({ ...config, clock }),
});
