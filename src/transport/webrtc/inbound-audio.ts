/** The receive path: takes RTP packets as they arrive and returns the far end's audio in order and without gaps. */
import type { AudioFrame } from '../../audio/audio-frame.js';
import type { OpusDecoder } from '../../audio/opus-decoder.js';
import { hasRedundancy, opusFrameMs, opusPacketMs } from '../../audio/opus-packet.js';
import type { Clock, Timer } from '../../core/clock.js';
import { JitterBuffer, type JitterBufferItem } from './jitter-buffer.js';
import { parseRtpPacket, type RtpPacket } from './rtp-packet.js';

export interface InboundAudioOptions {
  readonly clock: Clock;
  /** Decodes the stream at the frames' rate. Closed by `close()`. */
  readonly decoder: OpusDecoder;
  /** Payload type of Opus; other packets are ignored. */
  readonly payloadType: number;
  /**
   * Called with the next audio, without gaps: lost packets are concealed. Mostly 20 ms; up to a second of silence.
   * Never called after `close()`.
   */
  readonly onFrame: (frame: AudioFrame) => void;
  /** Called for each packet that was dropped because it is not RTP, or its payload is not Opus. */
  readonly onMalformed?: (what: 'rtp' | 'opus') => void;
}

export interface InboundAudioStats {
  /** RTP packets of Opus' payload type, including duplicates and late ones. */
  readonly received: number;
  /** Packets that did not arrive in time. */
  readonly lost: number;
  /** Lost packets that arrived later, and packets from before the first one. */
  readonly late: number;
  readonly duplicates: number;
  /** Packets that are not RTP or whose payload is not Opus. */
  readonly malformed: number;
  /** Packets of other payload types, of unproven sources, and of audio too far ahead of real time. */
  readonly ignored: number;
  /** All delivered samples. */
  readonly totalSamples: number;
  /** Delivered samples that were concealed or replaced by silence. */
  readonly concealedSamples: number;
  /** Delivered samples that were lost and recovered from the next packet (in-band forward error correction). */
  readonly recoveredSamples: number;
  /** Interarrival jitter (RFC 3550, section 6.4.1). */
  readonly jitterMs: number;
}

/** Opus' RTP clock rate, for any audio rate (RFC 7587, section 4.1). */
const clockRateHz = 48_000;
/** Maximum concealment that still sounds like speech; longer gaps are filled with silence. */
const maxConcealMs = 100;
/** Maximum audio that may arrive at once, after waiting for a slow session start or in the network. */
const maxWaitedMs = 5000;
/** How far audio may run ahead of real time beyond that; more is a flood or wrong timestamps. */
const maxAheadMs = 2000;

/** The audio of one far end. Its creator closes it. */
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
  /** Samples of the last packet that could be decoded. */
  #packetSamples: number;
  /** When the delivered audio would end if played in real time. */
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
   * Takes a packet that just arrived and synchronously delivers all audio that is ready. May keep the bytes for a
   * while. Accepts any bytes: counts and drops packets that do not belong to this stream. A no-op after `close()`.
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

  /** Ends delivery; audio after a gap is dropped. Idempotent. */
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
      // `onFrame` may have called `close()`, which leaves the decoder open until here.
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

  /** Fills a gap: fading concealment, silence if the gap is long, and the frame recovered from the next packet. */
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
    // Limit the credit for silence: the audio that may arrive at once must not grow with the call.
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
