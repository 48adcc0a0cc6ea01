import { decodeMulaw } from '#src/audio/g711.js';
import type { AudioFrame } from '#src/audio/audio-frame.js';
import { TwilioFarEnd } from './twilio-far-end.js';
import { VirtualClock } from '#src/simulators/virtual-clock.js';
import type { HeardMark, TransportListener, TransportWarning } from '#src/transport/transport.js';
import type { MediaStreamOptions } from '#src/transport/media-stream/media-stream-transport.js';
import { TwilioTransport } from '#src/transport/twilio/twilio-transport.js';

/** What sounds at each playout position: two stretches of it are equal only if they are the same stretch. */
export function content(from: number, to: number): Uint8Array {
  return Uint8Array.from({ length: to - from }, (_, i) => (((from + i) * 2654435761) >>> 13) & 0xff);
}

export interface Call {
  readonly clock: VirtualClock;
  readonly far: TwilioFarEnd;
  readonly transport: TwilioTransport;
  readonly audio: AudioFrame[];
  readonly heardMarks: HeardMark[];
  readonly digits: string[];
  readonly warnings: TransportWarning[];
  /** Warnings that the caller's media has stopped. */
  readonly stops: TransportWarning[];
  /** Why the connection was lost, each time; if the listener waits for it. */
  readonly losses: string[];
  /** How often it came back. */
  returns: number;
  readonly ends: { readonly reason: string; readonly cause: Error | undefined }[];
  /** Plays the next `samples` of the content. */
  play(samples: number): void;
  /** Moves the clock and lets promises run. */
  pass(ms: number): Promise<void>;
}

export function makeCall(
  delays: { readonly thereMs?: number; readonly backMs?: number } = {},
  options: Partial<MediaStreamOptions> = {},
  /** Whether the listener waits for a lost connection. */
  { waits = false }: { readonly waits?: boolean } = {},
): Call {
  const clock = new VirtualClock();
  const far = new TwilioFarEnd(clock, delays);
  const transport = new TwilioTransport(far.start, { clock, ...options });
  const call: Call = {
    clock,
    far,
    transport,
    audio: [],
    heardMarks: [],
    digits: [],
    warnings: [],
    stops: [],
    losses: [],
    returns: 0,
    ends: [],
    play(samples) {
      const bytes = content(transport.queuedSamples, transport.queuedSamples + samples);
      const encoded = { encoding: 'mulaw', bytes } as const;
      transport.play({ samples: decodeMulaw(bytes), sampleRateHz: 8000, encoded });
    },
    async pass(ms) {
      clock.advance(ms);
      // A promise that waits for a promise takes a few turns.
      for (let i = 0; i < 5; i++) await Promise.resolve();
    },
  };
  const listener = listenerOf(call);
  transport.start(waits ? { ...listener, ...waiting(call) } : listener);
  return call;
}

function listenerOf(call: Call): TransportListener {
  return {
    onAudio: (frame) => call.audio.push(frame),
    onHeard: (mark) => call.heardMarks.push(mark),
    onDtmf: (digit) => call.digits.push(digit),
    onTypedText: () => undefined,
    // The far end sends no silence of itself, so its media stops in most of these calls.
    onWarning: (warning) => (warning.code === 'media_stopped' ? call.stops : call.warnings).push(warning),
    onEnd: (reason, cause) => call.ends.push({ reason, cause }),
  };
}

function waiting(call: Call): Pick<TransportListener, 'onLost' | 'onBack'> {
  return {
    onLost: (cause) => call.losses.push(cause),
    onBack: () => (call.returns += 1),
  };
}

export function bytesOf(ranges: readonly (readonly [number, number])[]): Buffer {
  return Buffer.concat(ranges.map(([from, to]) => content(from, to)));
}
