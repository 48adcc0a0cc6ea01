// A relay in a child process whose agent never stops talking, to measure the cost of media alone: there is no recogniser, and
// the speech was synthesised beforehand. Talks to relay-child.js.
import { createResampler } from '../../dist/audio/resampler.js';
import { createRelay } from '../../dist/relay/create.js';
import { recordings } from '../soak/recordings.js';
import { serveUsage } from './usage.js';

const rateHz = 24_000;
const chunkSamples = rateHz / 10;
const speech = await spokenMinute();

const deaf = {
  name: 'deaf',
  accepts: { encodings: ['linear16'], sampleRatesHz: [16_000] },
  open: ({ onEvent }) => ({
    write: () => undefined,
    flush: () => queueMicrotask(() => onEvent({ type: 'final', text: '', endOfUtterance: true })),
    close: () => Promise.resolve(),
  }),
};

const talker = {
  name: 'talker',
  produces: { encodings: ['linear16'], sampleRatesHz: [rateHz] },
  open: ({ onEvent, signal }) => ({
    write() {
      queueMicrotask(() => {
        for (let at = 0; at < speech.length && !signal.aborted; at += chunkSamples) {
          const samples = speech.subarray(at, at + chunkSamples);
          onEvent({ type: 'audio', chunk: 0, frame: { samples, sampleRateHz: rateHz } });
        }
        if (!signal.aborted) onEvent({ type: 'chunk_done', chunk: 0 });
      });
    },
    end() {
      queueMicrotask(() => {
        if (!signal.aborted) onEvent({ type: 'done' });
      });
    },
    close: () => undefined,
  }),
};

const relay = createRelay({
  port: 0,
  maxSessions: 100,
  session: { stt: deaf, tts: talker },
  onSession(session) {
    void session.speak('A minute of speech.');
  },
});
serveUsage(relay, () => ({
  lateFrames: relay.sessions.reduce((sum, { transport }) => sum + transport.lateFrames, 0),
}));
await relay.listen();
process.send({ url: relay.url });

/** A minute of the agent's voice: recordings one after the other. */
async function spokenMinute() {
  const names = ['book-for-friday-at-three', 'cancel-on-tuesday', 'when-is-my-appointment', 'opening-hours'];
  const resampler = await createResampler({ fromHz: 8000, toHz: rateHz });
  const pieces = (await recordings(names)).map(({ samples }) => resampler.push(samples));
  resampler.close();
  const minute = new Int16Array(60 * rateHz);
  for (let at = 0, next = 0; at < minute.length; next++) {
    const piece = pieces[next % pieces.length].subarray(0, minute.length - at);
    minute.set(piece, at);
    at += piece.length;
  }
  return minute;
}
