/** The main thread's cost of each 20 ms frame of a call, step by step. */
import { Buffer } from 'node:buffer';
import { decodeMulaw, encodeMulaw } from '../../dist/audio/g711.js';
import { createResampler } from '../../dist/audio/resampler.js';
import { mediaMessage, parseTwilioMessage } from '../../dist/transport/twilio/twilio-messages.js';
import { webRtcVad } from '../../dist/vad/webrtc-vad.js';
import { recordings } from '../soak/recordings.js';
import { distribution } from './section.js';

const frameSamples = 160;
const batchMs = 20;

export async function perFrame({ rounds }) {
  const [{ samples }] = await recordings(['book-for-friday-at-three']);
  const frames = framesOf(samples, frameSamples);
  const wideFrames = framesOf(samples, 2 * frameSamples);
  const encoded = frames.map((frame) => encodeMulaw(frame));
  const streamSid = `MZ${'0'.repeat(32)}`;
  const messages = encoded.map((bytes, index) =>
    JSON.stringify({
      event: 'media',
      sequenceNumber: String(index + 2),
      media: {
        track: 'inbound',
        chunk: String(index + 1),
        timestamp: String(20 * index),
        payload: Buffer.from(bytes).toString('base64'),
      },
      streamSid,
    }),
  );
  const vad = await webRtcVad().create();
  const down = await createResampler({ fromHz: 16_000, toHz: 8000 });
  const up = await createResampler({ fromHz: 8000, toHz: 16_000 });
  const microseconds = (work) => measure(rounds, frames.length, work);
  const figures = [
    ['JSON in: parse and check a media message', (index) => parseTwilioMessage(messages[index])],
    ['G.711: decode', (index) => decodeMulaw(encoded[index])],
    ['voice activity', (index) => vad.isSpeech({ samples: frames[index], sampleRateHz: 8000 })],
    ['G.711: encode', (index) => encodeMulaw(frames[index])],
    ['JSON out: write a media message', (index) => mediaMessage(streamSid, encoded[index])],
    ['resampler: 16 to 8 kHz', (index) => down.push(wideFrames[index % wideFrames.length])],
    ['resampler: 8 to 16 kHz', (index) => up.push(frames[index])],
  ].map(([name, work]) => distribution(name, 'µs', microseconds(work)));
  vad.close();
  down.close();
  up.close();
  return { title: 'Per 20 ms frame, on the main thread', figures, problems: [] };
}

/** Microseconds per call of `work`, one figure per batch; `work` gets the index of a frame. */
function measure(rounds, count, work) {
  const batch = () => {
    const startedMs = performance.now();
    let calls = 0;
    while (performance.now() - startedMs < batchMs) {
      for (let index = 0; index < count; index++) work(index);
      calls += count;
    }
    return ((performance.now() - startedMs) * 1000) / calls;
  };
  // Warm up until the code is fully compiled.
  for (let warmUp = 0; warmUp < 3; warmUp++) batch();
  return Array.from({ length: rounds }, batch);
}

/** Splits samples into whole frames; drops the rest. */
function framesOf(samples, length) {
  return Array.from({ length: Math.floor(samples.length / length) }, (_, index) =>
    samples.slice(index * length, (index + 1) * length),
  );
}
