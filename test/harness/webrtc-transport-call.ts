import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AudioFrame } from '#src/audio/audio-frame.js';
import { PageFarEnd, type PageFarEndOptions } from './page-far-end.js';
import { VirtualClock } from '#src/simulators/virtual-clock.js';
import type { HeardMark, TransportWarning } from '#src/transport/transport.js';
import { WebRtcTransport } from '#src/transport/webrtc/webrtc-transport.js';

export const rateHz = 24_000;

/** A tone that rises with the playout position, so that each stretch of it has a pitch of its own. */
export function content(from: number, to: number): Int16Array {
  return Int16Array.from({ length: to - from }, (_, i) => {
    const t = (from + i) / rateHz;
    return Math.round(9000 * Math.sin(2 * Math.PI * (400 * t + 500 * t * t)));
  });
}

export interface Call {
  readonly clock: VirtualClock;
  readonly far: PageFarEnd;
  readonly transport: WebRtcTransport;
  readonly frames: AudioFrame[];
  readonly heard: HeardMark[];
  readonly warnings: TransportWarning[];
  readonly typed: string[];
  readonly ends: { readonly reason: string; readonly cause: Error | undefined }[];
  /** The causes for which the connection was lost, and how often it came back. */
  readonly losses: string[];
  returns: number;
  play(ms: number): void;
  pass(ms: number): Promise<void>;
}

export async function pairUp(
  options: PageFarEndOptions = {},
  resumable = false,
): Promise<{ readonly clock: VirtualClock; readonly far: PageFarEnd; readonly transport: WebRtcTransport }> {
  const clock = new VirtualClock();
  const far = await PageFarEnd.create(clock, options);
  const transport = await WebRtcTransport.create(far, {
    clock,
    call: { callId: 'WR1', parameters: {} },
    resumable: () => resumable,
  });
  return { clock, far, transport };
}

/** `resumable`: the page can come back after its connection was lost. */
export async function connect(options: PageFarEndOptions = {}, resumable = false): Promise<Call> {
  const { clock, far, transport } = await pairUp(options, resumable);
  const call: Call = {
    clock,
    far,
    transport,
    frames: [],
    heard: [],
    warnings: [],
    typed: [],
    ends: [],
    losses: [],
    returns: 0,
    play(ms) {
      const from = transport.queuedSamples;
      transport.play({ samples: content(from, from + (ms * rateHz) / 1000), sampleRateHz: rateHz });
    },
    async pass(ms) {
      for (let passed = 0; passed < ms; passed += 10) {
        await nextTurn();
        clock.advance(Math.min(10, ms - passed));
      }
      await nextTurn();
    },
  };
  transport.start({
    onAudio: (frame) => call.frames.push(frame),
    onHeard: (mark) => call.heard.push(mark),
    onDtmf: () => undefined,
    onTypedText: (text) => call.typed.push(text),
    onWarning: (warning) => call.warnings.push(warning),
    onLost: (cause) => call.losses.push(cause),
    onBack: () => call.returns++,
    onEnd: (reason, cause) => call.ends.push({ reason, cause }),
  });
  return call;
}

/** 300 ms of noise between silences at 24 kHz: something with a beginning and an end. */
export function sound(beforeMs: number, soundMs: number, afterMs: number): Int16Array {
  const length = ((beforeMs + soundMs + afterMs) * rateHz) / 1000;
  const [from, to] = [(beforeMs * rateHz) / 1000, ((beforeMs + soundMs) * rateHz) / 1000];
  return Int16Array.from({ length }, (_, i) =>
    i < from || i >= to ? 0 : Math.round(8000 * Math.sin(i * 0.09) * Math.sin(i * 0.0041 + 1)),
  );
}
