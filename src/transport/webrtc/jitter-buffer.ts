/**
 * Puts RTP packets back into order (RFC 3550 leaves the method to the receiver). Packets in order are never delayed:
 * unlike an ear, a recogniser needs no even pace. A gap holds later packets until the missing one arrives, or until it
 * would have to be slower than any packet of the last seconds; then the gap is passed on.
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

/** Items in the order of the sender's time, without gaps. Durations are in ticks of the RTP clock. */
export type JitterBufferItem =
  | { readonly type: 'packet'; readonly packet: RtpPacket }
  /** `packets` packets with `ticks` of audio are lost; `next` is the packet after them and the next item. */
  | { readonly type: 'lost'; readonly packets: number; readonly ticks: number; readonly next: RtpPacket }
  /** The sender sent nothing for this time (discontinuous transmission). */
  | { readonly type: 'silence'; readonly ticks: number }
  /** A new, unrelated stream starts. */
  | { readonly type: 'restart' };

export interface JitterBufferOptions {
  /** Ticks per second of the RTP timestamps. @default 48000 */
  readonly clockRateHz?: number;
  /** Ticks of audio in a payload; 0 if unknown. */
  readonly ticksOf: (payload: Uint8Array) => number;
}

export interface JitterBufferStats {
  /** Packets that were given up. One that arrived afterwards counts here and as late. */
  readonly lost: number;
  /** Packets that arrived after they were given up, or from before the first one. */
  readonly late: number;
  readonly duplicates: number;
  /** Packets of other, unproven streams. */
  readonly foreign: number;
  /** Interarrival jitter (RFC 3550, section 6.4.1). */
  readonly jitterMs: number;
}

interface HeldPacket {
  readonly packet: RtpPacket;
  readonly arrivedMs: number;
}

/** Minimum wait after a gap was noticed, so that two swapped packets cost nothing. */
const minWaitMs = 20;
/** Maximum wait: concealment is better than a later answer. */
const maxWaitMs = 100;
/** A packet may be this much slower than the slowest so far. */
const marginMs = 5;
/** Maximum number of packets held after a gap: more than a sender in real time sends during any wait. */
const maxHeldPackets = 100;
/** A sequence number further away than this belongs to another stream. */
const maxJumpPackets = 500;
/** Maximum lost audio plus silence between two packets; more is dropped. */
const maxGapMs = 1000;
/** Number of remembered sequence numbers: a power of two that covers a jump in both directions. */
const rememberedPackets = 1024;

export class JitterBuffer {
  readonly #ticksOf: (payload: Uint8Array) => number;
  readonly #clockRateHz: number;
  readonly #maxGapTicks: number;
  readonly #probation = new SourceProbation();
  /** Received sequence numbers, each at its value modulo the length. */
  readonly #received = new Int32Array(rememberedPackets).fill(-1);
  #arrivals: ArrivalJitter;
  /** In the order of their sequence numbers. */
  #held: HeldPacket[] = [];
  #started = false;
  #restarted = false;
  #ssrc = 0;
  #nextSequence = 0;
  #nextTimestamp = 0;
  /** Ticks in the last packet with a known length; 20 ms at first. */
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

  /** When `take()` returns an item without a further push; null for never. Valid after `take()` returned null. */
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

  /** The next item, or null: then call again after a push or at `deadlineMs`. */
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
    // A packet with only padding has a sequence number but takes no time.
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
    // Timestamps decide how much audio is missing: the lost packets may have been padding, or shorter than earlier
    // ones.
    const gapTicks = Math.max(0, timestampDistance(this.#nextTimestamp, next.timestamp));
    const filledTicks = Math.min(gapTicks, this.#maxGapTicks);
    const lostTicks = Math.min(filledTicks, missing * this.#packetTicks);
    this.#lost += missing;
    this.#nextSequence = next.sequenceNumber;
    this.#nextTimestamp = addToTimestamp(next.timestamp, lostTicks - filledTicks);
    return { type: 'lost', packets: missing, ticks: lostTicks, next };
  }

  /** Until when to wait for the packets before `first`, the first packet after the gap. */
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
