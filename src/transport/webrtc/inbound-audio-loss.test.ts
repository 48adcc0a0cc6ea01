/** Speech over a bad network: encoded as in a browser, lost and delayed, received, and recognised. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AudioFrame } from '../../audio/audio-frame.js';
import { createOpusDecoder } from '../../audio/opus-decoder.js';
import { createOpusEncoder } from '../../audio/opus-encoder.js';
import { createResampler } from '../../audio/resampler.js';
import type { Recording } from '../../replay/recordings.js';
import { RoughNetwork, type RoughNetworkOptions } from '../../simulators/browser/rough-network.js';
import { localSpeechToText } from '../../providers/local/stt/local-speech-to-text.js';
import { fixtures } from '../../../test/harness/recordings.js';
import { drawn } from '../../../test/harness/thorough.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import { InboundAudio, type InboundAudioStats } from './inbound-audio.js';
import { writeRtpPacket } from './rtp-packet.js';

/** Recordings that are recognised exactly without loss. */
const texts: Readonly<Record<string, string>> = {
  'at-ten-thirty': 'at ten thirty',
  'book-for-friday-at-three': 'i would like to book an appointment for friday at three',
  'book-my-appointment': 'book my appointment',
  'cancel-my-appointment': 'i want to cancel my appointment',
  'cancel-on-tuesday': 'please cancel my appointment on tuesday',
  goodbye: 'goodbye',
  'move-to-monday': 'can i move my appointment to monday at half past two',
  'no-thank-you': 'no thank you',
  'opening-hours': 'what are your opening hours',
  'quarter-past-nine': 'quarter past nine in the morning',
  'reschedule-for-friday': 'reschedule for friday',
  'speak-to-a-human': 'i want to speak to a human',
  'thats-right': "that's right",
  'when-is-my-appointment': 'when is my appointment',
  'yes-please': 'yes please',
};
const payloadType = 111;
const encodingRateHz = 48_000;

/** The recording's Opus packets as RTP, one each 20 ms, with sequence numbers and timestamps that wrap. */
async function rtpOf({ samples, sampleRateHz }: Recording): Promise<Uint8Array[]> {
  const resampler = await createResampler({ fromHz: sampleRateHz, toHz: encodingRateHz });
  const converted = [...resampler.push(samples), ...resampler.flush()];
  resampler.close();
  const encoder = await createOpusEncoder({ sampleRateHz: encodingRateHz });
  const packets: Uint8Array[] = [];
  for (let start = 0; start < converted.length; start += encoder.frameSamples) {
    const frame = new Int16Array(encoder.frameSamples);
    frame.set(converted.slice(start, start + encoder.frameSamples));
    packets.push(
      writeRtpPacket({
        payloadType,
        marker: start === 0,
        sequenceNumber: (65_500 + packets.length) % 65_536,
        timestamp: (2 ** 32 - 9600 + start) % 2 ** 32,
        ssrc: 0x5eed,
        payload: encoder.encode(frame),
      }),
    );
  }
  encoder.close();
  return packets;
}

interface Reception {
  readonly frames: readonly AudioFrame[];
  readonly stats: InboundAudioStats;
}

/** The packets that arrive, on a virtual clock. */
async function receive(packets: readonly Uint8Array[], network: RoughNetworkOptions): Promise<Reception> {
  const clock = new VirtualClock();
  const frames: AudioFrame[] = [];
  const decoder = await createOpusDecoder({ sampleRateHz: 16_000 });
  const inbound = new InboundAudio({ clock, decoder, payloadType, onFrame: (frame) => frames.push(frame) });
  const rough = new RoughNetwork(network);
  for (const packet of packets) {
    const delayMs = rough.nextDelayMs();
    if (delayMs !== null) clock.setTimer(delayMs, () => inbound.push(packet));
    clock.advance(20);
  }
  clock.advance(1000);
  const { stats } = inbound;
  inbound.close();
  expect(clock.pendingTimers).toBe(0);
  return { frames, stats };
}

const stt = localSpeechToText({ workers: 1 });

function recognise(frames: readonly AudioFrame[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const stream = stt.open({
      format: { encoding: 'linear16', sampleRateHz: 16_000 },
      signal: new AbortController().signal,
      onEvent: (event) => {
        if (event.type === 'partial' || event.type === 'heard') return;
        void stream.close();
        if (event.type === 'final') resolve(event.text);
        else reject(event.error);
      },
    });
    stream.speechStarted?.();
    for (const frame of frames) stream.write(frame);
    stream.flush();
  });
}

interface Heard {
  readonly received: readonly Reception[];
  /** What was recognised, by recording. */
  readonly texts: Readonly<Record<string, string>>;
}

/** The recordings that this run recognises. All are received, since the statistics need many packets. */
const spoken = drawn(Object.keys(texts), 1);
const expectedTexts = Object.fromEntries(spoken.map((name) => [name, texts[name]]));

describe('speech over a network that loses and delays packets', () => {
  const recordings = new Map<string, Uint8Array[]>();

  beforeAll(async () => {
    await stt.warmUp();
    for (const recording of await fixtures(...Object.keys(texts)))
      recordings.set(recording.name.replace('.wav', ''), await rtpOf(recording));
  });
  afterAll(() => stt.close());

  /** Every recording over such a network, each with its own random seed. */
  const hearAll = async (network: RoughNetworkOptions): Promise<Heard> => {
    const received = await Promise.all(
      [...recordings].map(async ([name, packets], index) => ({
        name,
        ...(await receive(packets, { ...network, seed: 1 + index })),
      })),
    );
    const recognised = received
      .filter(({ name }) => spoken.includes(name))
      .map(async ({ name, frames }) => [name, await recognise(frames)] as const);
    return { received, texts: Object.fromEntries(await Promise.all(recognised)) };
  };

  it('is recognised exactly without loss, and nothing is concealed', async () => {
    const heard = await hearAll({});
    expect(heard.texts).toEqual(expectedTexts);
    expect(sumOf(heard, 'lost') + sumOf(heard, 'late') + sumOf(heard, 'concealedSamples')).toBe(0);
  });

  it('is recognised exactly with 60 ms of jitter, which loses almost nothing', async () => {
    const heard = await hearAll({ jitterMs: 60 });
    expect(heard.texts).toEqual(expectedTexts);
    expect(sumOf(heard, 'lost') / sumOf(heard, 'received')).toBeLessThan(0.005);
    expect(Math.max(...heard.received.map(({ stats }) => stats.jitterMs))).toBeGreaterThan(10);
  });

  it.each(drawn([0, 60], 1))('is recognised exactly with 5 %% loss and %i ms of jitter', async (jitterMs) => {
    const heard = await hearAll({ lossShare: 0.05, jitterMs });
    expect(heard.texts).toEqual(expectedTexts);
    expectPlausible(heard, 0.05);
  });

  it.each([
    { percent: 10, exactShare: 0.9 },
    { percent: 20, exactShare: 0.8 },
  ])('is mostly recognised with $percent % loss and 60 ms of jitter', async ({ percent, exactShare }) => {
    const heard = await hearAll({ lossShare: percent / 100, jitterMs: 60 });
    const exact = spoken.filter((name) => heard.texts[name] === texts[name]);
    expect(exact.length).toBeGreaterThanOrEqual(Math.ceil(spoken.length * exactShare));
    expectPlausible(heard, percent / 100);
  });
});

function sumOf({ received }: Heard, count: keyof InboundAudioStats): number {
  return received.reduce((sum, { stats }) => sum + stats[count], 0);
}

/** The concealed and recovered share equals the loss, and redundancy recovered more than half of it. */
function expectPlausible(heard: Heard, lossShare: number): void {
  const total = sumOf(heard, 'totalSamples');
  const concealed = sumOf(heard, 'concealedSamples') / total;
  const recovered = sumOf(heard, 'recoveredSamples') / total;
  expect(Math.abs(concealed + recovered - lossShare)).toBeLessThan(lossShare / 3);
  expect(recovered).toBeGreaterThan(concealed);
}
