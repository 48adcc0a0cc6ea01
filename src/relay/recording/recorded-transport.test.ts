import { expect, it } from '@jest/globals';
import { decodeMulaw } from '../../audio/g711.js';
import { transportContract, type TransportPair } from '../../../test/contracts/transport-contract.js';
import { TwilioFarEnd } from '../../../test/harness/twilio-far-end.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import type { Heard } from '../../transport/transport.js';
import { TwilioTransport } from '../../transport/twilio/twilio-transport.js';
import { AgentTrack, type Cut } from './agent-track.js';
import { recordedTransport, type TransportSink } from './recorded-transport.js';

function content(from: number, to: number): Int16Array {
  return decodeMulaw(
    Uint8Array.from({ length: to - from }, (_, i) => (((from + i) * 2654435761) >>> 13) % 0x7f),
  );
}

/** Writes what a transport plays to an agent's track. */
function trackingSink(track: AgentTrack, clock: VirtualClock): TransportSink {
  const settle = (cut: Cut | null, heard: Promise<Heard>): void =>
    void heard.then(({ positionSamples }) => cut && track.settle(cut, positionSamples));
  return {
    onAudio: () => undefined,
    onPlay: ({ samples }) => track.play(samples, clock.nowMs()),
    onHeard: ({ positionSamples, atMs }) => track.heard(positionSamples, atMs),
    onPause: (heard) => settle(track.pause(clock.nowMs()), heard),
    onResume: (fromSamples) => track.resume(fromSamples, clock.nowMs()),
    onClear: (heard) => settle(track.clear(clock.nowMs()), heard),
  };
}

function connect(): Promise<TransportPair> {
  const clock = new VirtualClock();
  const far = new TwilioFarEnd(clock);
  const track = new AgentTrack(8000);
  const line: number[] = [];
  const transport = recordedTransport(new TwilioTransport(far.start, { clock }), trackingSink(track, clock));
  return Promise.resolve({
    transport,
    content,
    expectHeard(ranges) {
      const expected = ranges.flatMap(([from, to]) => [...content(from, to)]);
      expect([...decodeMulaw(far.heard)]).toEqual(expected);
      line.push(...track.read(Math.floor(clock.nowMs() * 8)));
      expect(line.filter((sample) => sample !== 0)).toEqual(expected);
    },
    say(ms) {
      for (let saidMs = 0; saidMs < ms; saidMs += 20)
        clock.setTimer(saidMs, () => far.sayMulaw(new Uint8Array(160).fill(0x20)));
    },
    // This far end sends no silence between its words.
    setUplink: () => undefined,
    async pass(ms) {
      for (let passedMs = 0; passedMs < ms; passedMs += 20) {
        clock.advance(20);
        for (let i = 0; i < 5; i++) await Promise.resolve();
      }
    },
    hangUp() {
      far.close(1000);
      return Promise.resolve();
    },
    async dispose() {
      await transport.close();
      // Time for the last messages to the far end and its echoes.
      clock.advance(10_000);
      expect(clock.pendingTimers).toBe(0);
    },
  });
}

// `expectHeard` also checks the track, so each clause of the contract holds for the recording too.
transportContract('a transport that is recorded', connect);

it('a recorded transport has all members of its class', () => {
  const clock = new VirtualClock();
  const plain = new TwilioTransport(new TwilioFarEnd(clock).start, { clock });
  const recorded = recordedTransport(plain, trackingSink(new AgentTrack(8000), clock));
  recorded.play({ samples: content(0, 160), sampleRateHz: 8000 });
  expect('wire' in recorded).toBe(true);
  expect(recorded.wire).toEqual(plain.wire);
  expect(recorded.wire.sent).toBeGreaterThan(0);
  expect(recorded).toBeInstanceOf(TwilioTransport);
  expect(recorded.queuedSamples).toBe(160);
  void recorded.close();
});
