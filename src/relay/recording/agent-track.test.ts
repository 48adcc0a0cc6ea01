import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { decodeMulaw } from '../../audio/g711.js';
import { runs } from '../../../test/harness/thorough.js';
import { TwilioFarEnd } from '../../../test/harness/twilio-far-end.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import { TwilioTransport } from '../../transport/twilio/twilio-transport.js';
import { AgentTrack } from './agent-track.js';
import { recordedTransport } from './recorded-transport.js';

jest.setTimeout(60_000);

/** A thousand samples per second, so that positions are milliseconds. */
const rateHz = 1000;

/** A sample for each playout position, never zero. */
function tone(from: number, to: number): Int16Array {
  return Int16Array.from({ length: to - from }, (_, i) => from + i + 1);
}

/** The runs of sound on the line: where each begins, and the playout positions that it plays. */
function stretches(line: Int16Array): [at: number, from: number, to: number][] {
  const found: [number, number, number][] = [];
  line.forEach((sample, at) => {
    if (sample === 0) return;
    const last = found.at(-1);
    if (last && last[0] + last[2] - last[1] === at && last[2] === sample - 1) last[2]++;
    else found.push([at, sample - 1, sample]);
  });
  return found;
}

describe('the agent’s track', () => {
  it('begins audio when it is queued, joins what follows in time, and is silent until later audio', () => {
    const track = new AgentTrack(rateHz);
    track.play(tone(0, 100), 50);
    track.play(tone(100, 200), 60);
    track.play(tone(200, 250), 400);
    expect(stretches(track.read(1000))).toEqual([
      [50, 0, 200],
      [400, 200, 250],
    ]);
  });

  it('is the same for reads of any length', () => {
    const track = new AgentTrack(rateHz);
    track.play(tone(0, 100), 50);
    const pieces = [track.read(20), track.read(80), track.read(81), track.read(200)];
    expect(pieces.map(({ length }) => length)).toEqual([20, 60, 1, 119]);
    expect(stretches(Int16Array.from(pieces.flatMap((piece) => [...piece])))).toEqual([[50, 0, 100]]);
  });

  it('is silent during a pause and repeats what a resume repeats', () => {
    const track = new AgentTrack(rateHz);
    track.play(tone(0, 500), 0);
    const cut = track.pause(300)!;
    expect(track.pause(310)).toBeNull();
    track.play(tone(500, 600), 320);
    track.settle(cut, 300);
    track.resume(250, 1000);
    expect(stretches(track.read(2000))).toEqual([
      [0, 0, 300],
      [1000, 250, 600],
    ]);
  });

  it('repeats only what was played again before the next pause', () => {
    const track = new AgentTrack(rateHz);
    track.play(tone(0, 500), 0);
    track.settle(track.pause(300)!, 300);
    track.resume(100, 400);
    // A pause reports the furthest position that was ever heard.
    track.settle(track.pause(450)!, 300);
    track.resume(300, 600);
    expect(stretches(track.read(1000))).toEqual([
      [0, 0, 300],
      [400, 100, 150],
      [600, 300, 500],
    ]);
  });

  it('leaves out what a clear dropped, even if the next turn is queued before the clear is settled', () => {
    const track = new AgentTrack(rateHz);
    track.play(tone(0, 500), 0);
    const cut = track.clear(210);
    track.play(tone(500, 600), 220);
    track.settle(cut, 200);
    expect(stretches(track.read(2000))).toEqual([
      [0, 0, 200],
      [220, 500, 600],
    ]);
  });

  it('has all that was heard before a clear, even if that is more than estimated', () => {
    const track = new AgentTrack(rateHz);
    track.play(tone(0, 500), 0);
    const cut = track.clear(200);
    track.play(tone(500, 600), 220);
    track.settle(cut, 250);
    expect(stretches(track.read(2000))).toEqual([
      [0, 0, 250],
      [250, 500, 600],
    ]);
  });

  it('continues after a clear that ended a pause', () => {
    const track = new AgentTrack(rateHz);
    track.play(tone(0, 500), 0);
    track.settle(track.pause(100)!, 100);
    track.settle(track.clear(120), 100);
    track.resume(0, 150);
    track.play(tone(500, 600), 300);
    expect(stretches(track.read(2000))).toEqual([
      [0, 0, 100],
      [300, 500, 600],
    ]);
  });

  it('moves audio to the time that a mark reports, and later audio with it', () => {
    const track = new AgentTrack(rateHz);
    track.play(tone(0, 100), 0);
    track.heard(20, 100);
    track.play(tone(100, 200), 500);
    expect(stretches(track.read(2000))).toEqual([
      [80, 0, 100],
      [580, 100, 200],
    ]);
  });

  it('applies a mark to the nearest of two runs with that position', () => {
    const track = new AgentTrack(rateHz);
    track.play(tone(0, 100), 0);
    track.heard(0, 30);
    track.play(tone(100, 200), 400);
    track.heard(100, 130);
    track.heard(100, 440);
    expect(stretches(track.read(2000))).toEqual([
      [30, 0, 100],
      [440, 100, 200],
    ]);
  });

  it('leaves audio that was read in place, and ignores a mark that is far off', () => {
    const track = new AgentTrack(rateHz);
    track.play(tone(0, 100), 0);
    track.heard(0, 5000);
    const first = track.read(50);
    track.heard(0, 70);
    expect(stretches(Int16Array.from([...first, ...track.read(500)]))).toEqual([[0, 0, 100]]);
  });

  it('resumes from the oldest audio that is kept if a resume asks for older audio', () => {
    const track = new AgentTrack(rateHz);
    track.play(tone(0, 10_000), 0);
    track.play(tone(10_000, 20_000), 0);
    track.read(16_000);
    track.settle(track.pause(16_000)!, 16_000);
    track.resume(5000, 17_000);
    expect(stretches(track.read(18_000))).toEqual([[1000, 10_000, 11_000]]);
  });
});

describe('the agent’s track of a random phone call', () => {
  const rateHz = 8000;
  const content = (from: number, to: number): Uint8Array =>
    Uint8Array.from({ length: to - from }, (_, i) => (((from + i) * 2654435761) >>> 13) % 0x7f);
  const step = fc.oneof(
    {
      weight: 4,
      // What is watched only after it was heard would be reported too late.
      arbitrary: fc.record({
        do: fc.constant('play' as const),
        samples: fc.integer({ min: 1, max: 9000 }),
        isWatched: fc.boolean(),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 900 }) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('pause' as const),
        ms: fc.integer({ min: 0, max: 400 }),
        back: fc.integer({ min: 0, max: 4000 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('clear' as const) }) },
  );
  const delayMs = fc.integer({ min: 0, max: 120 });

  it('equals what the phone played, sample by sample, at most a round trip off', async () => {
    await fc.assert(
      fc.asyncProperty(
        delayMs,
        delayMs,
        fc.array(step, { maxLength: 30 }),
        async (thereMs, backMs, steps) => {
          const clock = new VirtualClock();
          const far = new TwilioFarEnd(clock, { thereMs, backMs });
          const track = new AgentTrack(rateHz);
          const line: number[] = [];
          const settle = async (
            cut: ReturnType<AgentTrack['pause']>,
            heard: Promise<{ positionSamples: number }>,
          ) => {
            const { positionSamples } = await heard;
            if (cut) track.settle(cut, positionSamples);
          };
          const transport = recordedTransport(new TwilioTransport(far.start, { clock }), {
            onAudio: () => undefined,
            onPlay: ({ samples }) => track.play(samples, clock.nowMs()),
            onHeard: ({ positionSamples, atMs }) => track.heard(positionSamples, atMs),
            onPause: (heard) => void settle(track.pause(clock.nowMs()), heard),
            onResume: (from) => track.resume(from, clock.nowMs()),
            onClear: (heard) => void settle(track.clear(clock.nowMs()), heard),
          });
          transport.start({
            onAudio: () => undefined,
            onDtmf: () => undefined,
            onHeard: () => undefined,
            onTypedText: () => undefined,
            onWarning: () => undefined,
            onEnd: () => undefined,
          });
          const play = (samples: number): void => {
            const bytes = content(transport.queuedSamples, transport.queuedSamples + samples);
            transport.play({
              samples: decodeMulaw(bytes),
              sampleRateHz: rateHz,
              encoded: { encoding: 'mulaw', bytes },
            });
          };
          const pass = async (ms: number): Promise<void> => {
            for (let passed = 0; passed < ms; passed += 20) {
              clock.advance(Math.min(20, ms - passed));
              for (let i = 0; i < 5; i++) await Promise.resolve();
              for (const sample of track.read(8 * Math.floor(clock.nowMs() - 1500))) line.push(sample);
            }
          };
          for (const action of steps) {
            switch (action.do) {
              case 'play':
                play(action.samples);
                if (action.isWatched) transport.watch(transport.queuedSamples);
                break;
              case 'wait':
                await pass(action.ms);
                break;
              case 'pause': {
                const pausing = transport.pause();
                await pass(250);
                const { positionSamples } = await pausing;
                play(action.ms);
                await pass(action.ms);
                transport.resume(Math.max(0, positionSamples - action.back));
                // How far it has repeated what was heard before is an estimate: the next pause comes after that.
                await pass(Math.ceil(action.back / 8) + thereMs + backMs + 20);
                break;
              }
              case 'clear':
                void transport.clear();
            }
          }
          // Long enough to play everything, including what resumes repeat, and to read it.
          await pass(transport.queuedSamples / 8 + steps.length * 500 + 2000);
          const heard = decodeMulaw(far.heard);
          const sounds = line.flatMap((sample, at) => (sample === 0 ? [] : [{ sample, at }]));
          expect(sounds.map(({ sample }) => sample)).toEqual([...heard]);
          for (let i = 0; i < sounds.length; i += 97) {
            const offMs = sounds[i]!.at / 8 - (far.audibleAtMs(i) + backMs);
            expect(Math.abs(offMs)).toBeLessThanOrEqual(thereMs + backMs + 1);
          }
        },
      ),
      { numRuns: runs(200) },
    );
  });
});
