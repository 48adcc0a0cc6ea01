import { randomBytes } from 'node:crypto';
import type { Clock, Timer } from '../../core/clock.js';
import type { OpusEncoder } from '../../audio/opus-encoder.js';
import type { MediaConnection } from './media-connection.js';
import { PacedPlayout } from './paced-playout.js';
import { writeRtpPacket } from './rtp-packet.js';
import { webRtcDefinition } from './webrtc-definition.js';

/** Sample rate of the agent's audio before encoding. */
export const outboundRateHz = webRtcDefinition.plays.sampleRateHz;

const frameMs = 20;
/** Opus' RTP clock runs at 48 kHz for any audio rate (RFC 7587, section 4.1). */
const timestampStep = 960;
/** Frames of encoded silence after every sound, so that the browser does not stretch or fade its end. */
const silentFrames = 10;
/** Frames of silence after which the page has detected silence. */
const noticedFrames = 9;
/** If the pacer is later than this, it was blocked: it skips the lost time and does not catch up. */
const maxLateMs = 100;
/** How much sent audio a resume can repeat: also what was sent until a lost connection was noticed. */
const keepMs = 6000;

export interface OutboundAudioOptions {
  readonly clock: Clock;
  readonly encoder: OpusEncoder;
  /**
   * Called for each sent frame: `count` samples of the agent's audio from position `start`, to be played at `playMs`
   * without network delay. `afterSilence`: nothing was audible at the far end before it.
   */
  readonly onSent: (start: number, count: number, playMs: number, afterSilence: boolean) => void;
  /** Called when the voice cannot be encoded; nothing more is sent. */
  readonly onFailure: (cause: unknown) => void;
}

interface Run {
  startMs: number;
  frames: number;
}

/**
 * Paces the agent's audio: one Opus frame every 20 ms. Deadlines count from the start of a run of sound, so they do not
 * drift; one frame is sent ahead, so a late timer is inaudible. Unsent audio can be held or dropped; sent audio will be
 * heard.
 */
export class OutboundAudio {
  /** Null before {@link attach}, and while the connection is lost. */
  #connection: MediaConnection | null = null;
  readonly #clock: Clock;
  readonly #encoder: OpusEncoder;
  readonly #onSent: OutboundAudioOptions['onSent'];
  readonly #onFailure: OutboundAudioOptions['onFailure'];
  readonly #playout = new PacedPlayout({ sampleRateHz: outboundRateHz, keepMs });
  readonly #frame = new Int16Array(this.#playout.frameSamples);
  #run: Run | null = null;
  #runEndMs = 0;
  /** Frames of silence sent since the last sound. */
  #silence = silentFrames;
  #paused = false;
  #closed = false;
  #pumping = false;
  #timer: Timer | null = null;
  #sequenceNumber: number;
  #timestamp: number;
  /** Position after the latest frame's samples, and when they will have been played. */
  #end = { positionSamples: 0, playMs: 0 };
  /** Where the latest sound without a pause in it begins. */
  #soundStart = 0;
  #lateFrames = 0;

  constructor({ clock, encoder, onSent, onFailure }: OutboundAudioOptions) {
    this.#clock = clock;
    this.#encoder = encoder;
    this.#onSent = onSent;
    this.#onFailure = onFailure;
    // RFC 3550, section 5.1: both begin at random.
    const random = randomBytes(6);
    this.#sequenceNumber = random.readUInt16BE(0);
    this.#timestamp = random.readUInt32BE(2);
  }

  get queuedSamples(): number {
    return this.#playout.queuedSamples;
  }

  /** Everything before this position was sent or dropped. */
  get sentSamples(): number {
    return this.#playout.sentSamples;
  }

  /** Frames that were sent later than the lead of one frame allows. */
  get lateFrames(): number {
    return this.#lateFrames;
  }

  /** When a sent position is played at the far end, without network delay. */
  playMsOf(positionSamples: number): number {
    const { positionSamples: end, playMs } = this.#end;
    return playMs - ((end - positionSamples) / outboundRateHz) * 1000;
  }

  /** The position that is played at this time at the far end, without network delay; known for the latest sound. */
  positionAt(ms: number): number {
    const { positionSamples: end, playMs } = this.#end;
    const behind = Math.max(0, Math.round(((playMs - ms) / 1000) * outboundRateHz));
    return Math.max(Math.min(this.#soundStart, this.#playout.sentSamples), end - behind);
  }

  /** The connection is gone: nothing is sent before {@link attach}. */
  detach(): void {
    this.#connection = null;
  }

  /** Goes on over this connection. */
  attach(connection: MediaConnection): void {
    this.#connection = connection;
    this.#begin();
  }

  play(samples: Int16Array): void {
    if (this.#closed) return;
    this.#playout.queue(samples);
    this.#begin();
  }

  /** Stops sending. Returns the position after the sent audio. */
  pause(): number {
    this.#paused = true;
    return this.#playout.sentSamples;
  }

  resume(fromSamples: number): void {
    this.#paused = false;
    this.#playout.rewind(fromSamples);
    this.#begin();
  }

  /** Drops unsent audio. Returns the position after the sent audio. */
  clear(): number {
    const sent = this.#playout.sentSamples;
    this.#playout.drop();
    this.#paused = false;
    return sent;
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#timer = null;
    this.#playout.drop();
  }

  /** Starts a run in a microtask, so that the caller of `play()` can still call `watch()` first. */
  #begin(): void {
    if (this.#run || this.#pumping || this.#isHeld || !this.#playout.waits) return;
    this.#pumping = true;
    queueMicrotask(() => {
      this.#pumping = false;
      if (this.#run || this.#isHeld || this.#closed || !this.#playout.waits) return;
      const nowMs = this.#clock.nowMs();
      const idleFrames = Math.max(0, Math.round((nowMs - this.#runEndMs) / frameMs));
      this.#timestamp = (this.#timestamp + idleFrames * timestampStep) >>> 0;
      this.#run = { startMs: nowMs, frames: 0 };
      this.#tick(this.#run);
    });
  }

  /** Catches errors of the timer callback, so that they end only this call. */
  #tick(run: Run): void {
    try {
      this.#pump(run);
    } catch (thrown) {
      this.close();
      this.#onFailure(thrown);
    }
  }

  #pump(run: Run): void {
    const nowMs = this.#clock.nowMs();
    for (let dueMs = dueOf(run); dueMs <= nowMs; dueMs = dueOf(run)) {
      const lateMs = nowMs - dueMs;
      if (lateMs > frameMs) this.#lateFrames++;
      if (lateMs > maxLateMs) this.#skip(run, Math.round(lateMs / frameMs));
      if (this.#isOver()) {
        this.#run = null;
        this.#runEndMs = run.startMs + run.frames * frameMs;
        return;
      }
      this.#send(run);
    }
    this.#timer = this.#clock.setTimer(dueOf(run) - nowMs, () => this.#tick(run));
  }

  /** Skips lost time. The timestamps advance, so the browser does not wait for frames that were never sent. */
  #skip(run: Run, frames: number): void {
    run.startMs += frames * frameMs;
    this.#timestamp = (this.#timestamp + frames * timestampStep) >>> 0;
  }

  #isOver(): boolean {
    return this.#silence >= silentFrames && (this.#isHeld || !this.#playout.waits);
  }

  get #isHeld(): boolean {
    return this.#paused || this.#connection === null;
  }

  #send(run: Run): void {
    const start = this.#playout.sentSamples;
    const count = this.#isHeld ? 0 : this.#playout.take(this.#frame);
    if (count === 0) this.#frame.fill(0);
    const afterSilence = this.#silence >= noticedFrames;
    if (count > 0 && this.#silence > 0) this.#soundStart = start;
    this.#silence = count === 0 ? this.#silence + 1 : 0;
    const playMs = run.startMs + run.frames * frameMs;
    this.#transmit(run.frames === 0);
    run.frames++;
    if (count === 0) return;
    this.#end = {
      positionSamples: start + count,
      playMs: playMs + (count / outboundRateHz) * 1000,
    };
    this.#onSent(start, count, playMs, afterSilence);
  }

  #transmit(marker: boolean): void {
    const connection = this.#connection;
    if (connection?.audio.sends) {
      const { audio } = connection;
      connection.sendRtp(
        writeRtpPacket({
          payloadType: audio.payloadType,
          marker,
          sequenceNumber: this.#sequenceNumber,
          timestamp: this.#timestamp,
          ssrc: audio.ssrc,
          payload: this.#encoder.encode(this.#frame),
        }),
      );
    }
    this.#sequenceNumber = (this.#sequenceNumber + 1) & 0xffff;
    this.#timestamp = (this.#timestamp + timestampStep) >>> 0;
  }
}

/** When the next frame is due: the first two of a run at once, then each 20 ms before it plays. */
function dueOf({ startMs, frames }: Run): number {
  return startMs + Math.max(0, frames - 1) * frameMs;
}
