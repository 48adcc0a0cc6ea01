/** The receive path: RTP packets as they arrive in, the far end's audio in order and without a hole out. */
import type { AudioFrame } from '../../audio/audio-frame.js';
import type { OpusDecoder } from '../../audio/opus-decoder.js';
import { hasRedundancy, opusFrameMs, opusPacketMs } from '../../audio/opus-packet.js';
import type { Clock, Timer } from '../../clock.js';
import { JitterBuffer, type JitterBufferItem } from './jitter-buffer.js';
import { parseRtpPacket, type RtpPacket } from './rtp-packet.js';

export interface InboundAudioOptions {
  readonly clock: Clock;
  /** Decodes the stream, straight to the rate of the frames. Closed with the path. */
  readonly decoder: OpusDecoder;
  /** Opus' payload type; packets of any other are ignored. */
  readonly payloadType: number;
  /**
   * The next piece of audio: together they are one stretch of time, concealed where nothing came. Mostly 20 ms; up to a
   * second of silence. Never called after `close()`.
   */
  readonly onFrame: (frame: AudioFrame) => void;
  /** A packet was dropped because it is not RTP, or its payload not Opus; called for each. */
  readonly onMalformed?: (what: 'rtp' | 'opus') => void;
}

export interface InboundAudioStats {
  /** RTP packets of Opus' payload type, duplicates and late ones included. */
  readonly received: number;
  /** Packets that did not come in time. */
  readonly lost: number;
  /** Of the lost ones, and of the time before the first packet: those that came after all. */
  readonly late: number;
  readonly duplicates: number;
  /** Packets that are not RTP or whose payload is not Opus. */
  readonly malformed: number;
  /** Packets of other payload types, of sources that did not prove themselves, and of audio that outruns time. */
  readonly ignored: number;
  /** Samples delivered, of whatever origin. */
  readonly totalSamples: number;
  /** Of these: made up because nothing better was there. */
  readonly concealedSamples: number;
  /** Of these: lost, and recovered from the redundancy in the packet behind (in-band forward error correction). */
  readonly recoveredSamples: number;
  /** Interarrival jitter (RFC 3550, section 6.4.1). */
  readonly jitterMs: number;
}

/** Opus' RTP clock, whatever it codes (RFC 7587, section 4.1). */
const clockRateHz = 48_000;
/** Concealment sounds like speech for so long; what is missing beyond is silence. */
const maxConcealMs = 100;
/** How long audio may have waited before it comes at once: for a session that was slow to begin, or in the network. */
const maxWaitedMs = 5000;
/** How far it may run ahead of real time beyond that: further, somebody floods, or counts time wrongly. */
const maxAheadMs = 2000;

/** One far end's audio. Whoever made it closes it. */
export class InboundAudio {
  readonly #clock: Clock;
  readonly #decoder: OpusDecoder;
  readonly #payloadType: number;
  readonly #onFrame: (frame: AudioFrame) => void;
  readonly #onMalformed: ((what: 'rtp' | 'opus') => void) | undefined;
  readonly #buffer = new JitterBuffer({ clockRateHz, ticksOf: (payload) => ticksOf(opusPacketMs(payload)) });
  #timer: Timer | null = null;
  #timerMs: number | null = null;
  #delivering = false;
  #closed = false;
  /** Of the last packet that could be decoded. */
  #packetSamples: number;
  /** When what was delivered would end if it were played in real time. */
  #playsUntilMs = -Infinity;
  #received = 0;
  #malformed = 0;
  #ignored = 0;
  #totalSamples = 0;
  #concealedSamples = 0;
  #recoveredSamples = 0;

  constructor({ clock, decoder, payloadType, onFrame, onMalformed }: InboundAudioOptions) {
    this.#clock = clock;
    this.#decoder = decoder;
    this.#payloadType = payloadType;
    this.#onFrame = onFrame;
    this.#onMalformed = onMalformed;
    this.#packetSamples = decoder.sampleRateHz / 50;
  }

  /** The counts so far. */
  get stats(): InboundAudioStats {
    const { lost, late, duplicates, foreign, jitterMs } = this.#buffer.stats;
    return {
      received: this.#received,
      lost,
      late,
      duplicates,
      malformed: this.#malformed,
      ignored: this.#ignored + foreign,
      totalSamples: this.#totalSamples,
      concealedSamples: this.#concealedSamples,
      recoveredSamples: this.#recoveredSamples,
      jitterMs,
    };
  }

  /**
   * Takes a packet that has just arrived, and delivers what it makes ready before it returns. The bytes may be kept for
   * a while. Anything may be in them: what is not this stream's is counted and dropped. A no-op after `close()`.
   */
  push(bytes: Uint8Array): void {
    if (this.#closed) return;
    const packet = parseRtpPacket(bytes);
    if (!packet) {
      this.#drop('rtp');
      return;
    }
    if (packet.payloadType !== this.#payloadType) {
      this.#ignored++;
      return;
    }
    this.#received++;
    this.#buffer.push(packet, this.#clock.nowMs());
    this.#deliver();
  }

  /** Ends delivery; audio behind a gap is dropped. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#wakeAt(null);
    if (!this.#delivering) this.#decoder.close();
  }

  #deliver(): void {
    const nowMs = this.#clock.nowMs();
    this.#delivering = true;
    try {
      for (let item = this.#buffer.take(nowMs); item && !this.#closed; item = this.#buffer.take(nowMs))
        this.#deliverItem(item);
    } finally {
      this.#delivering = false;
      // Whoever took a frame may have closed us: then the decoder was left open until here.
      if (this.#closed) this.#decoder.close();
      else this.#wakeAt(this.#buffer.deadlineMs);
    }
  }

  #deliverItem(item: JitterBufferItem): void {
    if (this.#playsUntilMs - this.#clock.nowMs() > maxAheadMs) {
      this.#ignored++;
      return;
    }
    switch (item.type) {
      case 'packet':
        this.#decode(item.packet);
        break;
      case 'lost':
        this.#makeUp(this.#samplesOf(item.ticks), item.next.payload);
        break;
      case 'silence':
        this.#emit(new Int16Array(this.#samplesOf(item.ticks)));
        break;
      case 'restart':
        this.#decoder.reset();
        break;
    }
  }

  #decode({ payload }: RtpPacket): void {
    if (payload.length === 0) return;
    const samples = this.#decoder.decode(payload);
    if (samples) {
      this.#packetSamples = samples.length;
      this.#emit(samples);
      return;
    }
    this.#drop('opus');
    this.#conceal(this.#packetSamples);
  }

  /** Audio for a gap: concealment that fades, silence where the gap is long, and what the packet behind it remembers. */
  #makeUp(samples: number, next: Uint8Array): void {
    const frameSamples = this.#samplesOf(ticksOf(opusFrameMs(next)));
    const recovered = frameSamples <= samples && hasRedundancy(next) ? frameSamples : 0;
    const missing = samples - recovered;
    const concealed = Math.min(missing, this.#samplesOf(ticksOf(maxConcealMs)));
    this.#conceal(concealed);
    this.#concealedSamples += missing - concealed;
    this.#emit(new Int16Array(missing - concealed));
    if (recovered === 0) return;
    this.#recoveredSamples += recovered;
    this.#emit(this.#decoder.recover(next, recovered));
  }

  #conceal(samples: number): void {
    this.#concealedSamples += samples;
    this.#emit(this.#decoder.conceal(samples));
  }

  #emit(samples: Int16Array): void {
    if (samples.length === 0 || this.#closed) return;
    this.#totalSamples += samples.length;
    // A long silence earns no more than a short one: what is allowed at once must not grow with the call.
    const fromMs = Math.max(this.#playsUntilMs, this.#clock.nowMs() - maxWaitedMs);
    this.#playsUntilMs = fromMs + (samples.length / this.#decoder.sampleRateHz) * 1000;
    this.#onFrame({ samples, sampleRateHz: this.#decoder.sampleRateHz });
  }

  #drop(what: 'rtp' | 'opus'): void {
    this.#malformed++;
    this.#onMalformed?.(what);
  }

  #samplesOf(ticks: number): number {
    return Math.floor((ticks * this.#decoder.sampleRateHz) / clockRateHz);
  }

  #wakeAt(atMs: number | null): void {
    if (atMs === this.#timerMs) return;
    this.#timer?.cancel();
    this.#timerMs = atMs;
    this.#timer =
      atMs === null
        ? null
        : this.#clock.setTimer(atMs - this.#clock.nowMs(), () => {
            this.#timerMs = null;
            this.#deliver();
          });
  }
}

function ticksOf(durationMs: number): number {
  return (durationMs * clockRateHz) / 1000;
}
