/**
 * Puts RTP packets back into order (RFC 3550 leaves the how to the receiver). It delays nothing that is in order: a
 * recogniser, unlike an ear, needs no even pace. Only a gap holds up what is behind it, until the missing packet comes or
 * could only be slower than any of the last seconds; then the gap is handed on, and the call goes on.
 */
import { ArrivalJitter } from './arrival-jitter.js';
import {
  addToSequence,
  addToTimestamp,
  sequenceDistance,
  timestampDistance,
  type RtpPacket,
} from './rtp-packet.js';
import { SourceProbation } from './source-probation.js';

/** What comes out, in the order of the sender's time, without a hole. Durations are in ticks of the RTP clock. */
export type JitterBufferItem =
  | { readonly type: 'packet'; readonly packet: RtpPacket }
  /** `packets` packets with `ticks` of audio did not come; `next` is the packet behind them and is given right after. */
  | { readonly type: 'lost'; readonly packets: number; readonly ticks: number; readonly next: RtpPacket }
  /** The sender let time pass without sending (discontinuous transmission). */
  | { readonly type: 'silence'; readonly ticks: number }
  /** What follows is another stream and has nothing to do with what came before. */
  | { readonly type: 'restart' };

export interface JitterBufferOptions {
  /** Ticks a second of the RTP timestamps. @default 48000 */
  readonly clockRateHz?: number;
  /** Ticks of audio in a payload; 0 where it does not say. */
  readonly ticksOf: (payload: Uint8Array) => number;
}

export interface JitterBufferStats {
  /** Packets that were given up. One that still came afterwards counts here and as late. */
  readonly lost: number;
  /** Packets that came after they had been given up, or from before the first. */
  readonly late: number;
  readonly duplicates: number;
  /** Packets of other streams that did not prove themselves. */
  readonly foreign: number;
  /** Interarrival jitter (RFC 3550, section 6.4.1). */
  readonly jitterMs: number;
}

interface HeldPacket {
  readonly packet: RtpPacket;
  readonly arrivedMs: number;
}

/** A gap is waited for at least so long after it was noticed, so that two swapped packets cost nothing... */
const minWaitMs = 20;
/** ...and at most so long: concealment is better than an answer that is later still. */
const maxWaitMs = 100;
/** A packet may be slower than the slowest so far by this much. */
const marginMs = 5;
/** Behind a gap; more than any wait collects from a sender who keeps to real time. */
const maxHeldPackets = 100;
/** Sequence numbers farther off than this are another stream. */
const maxJumpPackets = 500;
/** Of lost audio and silence together between two packets; time beyond it is dropped. */
const maxGapMs = 1000;
/** How many sequence numbers are remembered: a power of two, and those within a jump to either side. */
const rememberedPackets = 1024;

export class JitterBuffer {
  readonly #ticksOf: (payload: Uint8Array) => number;
  readonly #clockRateHz: number;
  readonly #maxGapTicks: number;
  readonly #probation = new SourceProbation();
  /** Sequence numbers received, each at its own modulo the length. */
  readonly #received = new Int32Array(rememberedPackets).fill(-1);
  #arrivals: ArrivalJitter;
  /** In the order of their sequence numbers. */
  #held: HeldPacket[] = [];
  #started = false;
  #restarted = false;
  #ssrc = 0;
  #nextSequence = 0;
  #nextTimestamp = 0;
  /** Ticks in the last packet that said so; 20 ms before that. */
  #packetTicks: number;
  #lost = 0;
  #late = 0;
  #duplicates = 0;
  #foreign = 0;

  constructor({ clockRateHz = 48_000, ticksOf }: JitterBufferOptions) {
    this.#ticksOf = ticksOf;
    this.#clockRateHz = clockRateHz;
    this.#maxGapTicks = (clockRateHz * maxGapMs) / 1000;
    this.#packetTicks = clockRateHz / 50;
    this.#arrivals = new ArrivalJitter(clockRateHz);
  }

  get stats(): JitterBufferStats {
    return {
      lost: this.#lost,
      late: this.#late,
      duplicates: this.#duplicates,
      foreign: this.#foreign,
      jitterMs: this.#arrivals.jitterMs,
    };
  }

  /**
   * When `take()` will give something although nothing more was pushed; null where it never will. Meaningful once
   * `take()` has given null.
   */
  get deadlineMs(): number | null {
    const [first] = this.#held;
    return first ? this.#gapDeadlineMs(first.packet) : null;
  }

  /** Takes a packet that arrived at `nowMs`. */
  push(packet: RtpPacket, nowMs: number): void {
    if (!this.#started) this.#start(packet);
    if (this.#fits(packet)) {
      this.#probation.dismiss();
      this.#hold(packet, nowMs);
      return;
    }
    this.#foreign++;
    const proven = this.#probation.consider(packet);
    const [first] = proven ?? [];
    if (!proven || !first) return;
    this.#foreign -= proven.length;
    this.#arrivals = new ArrivalJitter(this.#clockRateHz);
    this.#restarted = true;
    this.#start(first);
    for (const kept of proven) this.#hold(kept, nowMs);
  }

  /** The next item, or null while there is none: then call again after a push or at `deadlineMs`. */
  take(nowMs: number): JitterBufferItem | null {
    if (this.#restarted) {
      this.#restarted = false;
      return { type: 'restart' };
    }
    const [first] = this.#held;
    if (!first) return null;
    const { packet } = first;
    const missing = sequenceDistance(this.#nextSequence, packet.sequenceNumber);
    if (missing > 0) {
      if (nowMs < this.#gapDeadlineMs(packet)) return null;
      return this.#giveUp(missing, packet);
    }
    const idleTicks = timestampDistance(this.#nextTimestamp, packet.timestamp);
    if (idleTicks > 0 && packet.payload.length > 0) {
      this.#nextTimestamp = packet.timestamp;
      return { type: 'silence', ticks: Math.min(idleTicks, this.#maxGapTicks) };
    }
    this.#held.shift();
    this.#nextSequence = addToSequence(packet.sequenceNumber, 1);
    // A packet of padding only takes a sequence number and no time.
    if (packet.payload.length > 0) {
      this.#packetTicks = this.#ticksOf(packet.payload) || this.#packetTicks;
      this.#nextTimestamp = addToTimestamp(packet.timestamp, this.#packetTicks);
    }
    return { type: 'packet', packet };
  }

  #start(packet: RtpPacket): void {
    this.#started = true;
    this.#ssrc = packet.ssrc;
    this.#nextSequence = packet.sequenceNumber;
    this.#nextTimestamp = packet.timestamp;
    this.#held = [];
    this.#received.fill(-1);
  }

  #fits(packet: RtpPacket): boolean {
    const distance = sequenceDistance(this.#nextSequence, packet.sequenceNumber);
    return packet.ssrc === this.#ssrc && Math.abs(distance) <= maxJumpPackets;
  }

  #hold(packet: RtpPacket, nowMs: number): void {
    const slot = packet.sequenceNumber % rememberedPackets;
    if (this.#received[slot] === packet.sequenceNumber) {
      this.#duplicates++;
      return;
    }
    this.#received[slot] = packet.sequenceNumber;
    this.#arrivals.observe(packet.timestamp, nowMs);
    if (sequenceDistance(this.#nextSequence, packet.sequenceNumber) < 0) {
      this.#late++;
      return;
    }
    let at = this.#held.length;
    while (at > 0 && comesAfter(this.#held[at - 1], packet)) at--;
    this.#held.splice(at, 0, { packet, arrivedMs: nowMs });
  }

  #giveUp(missing: number, next: RtpPacket): JitterBufferItem {
    // Time decides how much audio is missing: what was lost may have been padding, or shorter than the packets before.
    const gapTicks = Math.max(0, timestampDistance(this.#nextTimestamp, next.timestamp));
    const filledTicks = Math.min(gapTicks, this.#maxGapTicks);
    const lostTicks = Math.min(filledTicks, missing * this.#packetTicks);
    this.#lost += missing;
    this.#nextSequence = next.sequenceNumber;
    this.#nextTimestamp = addToTimestamp(next.timestamp, lostTicks - filledTicks);
    return { type: 'lost', packets: missing, ticks: lostTicks, next };
  }

  /** Until when the packets before `first`, which is the first one behind the gap, are waited for. */
  #gapDeadlineMs(first: RtpPacket): number {
    let noticedMs = Infinity;
    for (const { arrivedMs } of this.#held) noticedMs = Math.min(noticedMs, arrivedMs);
    if (this.#held.length >= maxHeldPackets) return noticedMs;
    const lastMissing = addToTimestamp(first.timestamp, -this.#packetTicks);
    const expectedMs = this.#arrivals.latestArrivalMs(lastMissing) + marginMs;
    return Math.min(Math.max(expectedMs, noticedMs + minWaitMs), noticedMs + maxWaitMs);
  }
}

function comesAfter(held: HeldPacket | undefined, packet: RtpPacket): boolean {
  return held !== undefined && sequenceDistance(packet.sequenceNumber, held.packet.sequenceNumber) > 0;
}
