import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { systemClock } from '#src/core/clock.js';
import type { TransportWarning } from '#src/transport/transport.js';
import type { MediaConnectionListener } from '#src/transport/webrtc/media-connection.js';
import { writeRtpPacket } from '#src/transport/webrtc/rtp-packet.js';

/** Records all events of one end of a WebRTC connection, and lets a test wait for them. */
export class PeerRecorder implements MediaConnectionListener {
  readonly packets: Uint8Array[] = [];
  readonly texts: string[] = [];
  readonly warnings: TransportWarning[] = [];
  readonly ends: { readonly reason: string; readonly cause: Error | undefined }[] = [];
  /** All events in order, one word each. */
  readonly log: string[] = [];
  #waiting: { readonly condition: () => boolean; readonly resolve: () => void }[] = [];

  /** Resolves when the condition holds. It is checked now and after every event. */
  until(condition: () => boolean): Promise<void> {
    if (condition()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ condition, resolve }));
  }

  /** Resolves when the connection ended. */
  ended(): Promise<void> {
    return this.until(() => this.ends.length > 0);
  }

  onRtp(packet: Uint8Array): void {
    this.packets.push(packet);
    this.#note('rtp');
  }

  onChannelOpen(): void {
    this.#note('open');
  }

  onText(text: string): void {
    this.texts.push(text);
    this.#note('text');
  }

  onWarning(warning: TransportWarning): void {
    this.warnings.push(warning);
    this.#note('warning');
  }

  onEnd(reason: string, cause?: Error): void {
    this.ends.push({ reason, cause });
    this.#note('end');
  }

  #note(word: string): void {
    this.log.push(word);
    this.#waiting = this.#waiting.filter(({ condition, resolve }) => {
      if (!condition()) return true;
      resolve();
      return false;
    });
  }
}

/** An RTP packet of Opus' usual type, by default with a distinct payload; the SSRC must be that of the sending end. */
export function rtpPacket(
  ssrc: number,
  sequenceNumber: number,
  payload = new Uint8Array(48).fill(sequenceNumber),
): Uint8Array {
  const timestamp = (sequenceNumber * 960) >>> 0;
  return writeRtpPacket({ payloadType: 111, marker: false, sequenceNumber, timestamp, ssrc, payload });
}

/** 20 ms of silence in Opus (RFC 6716, section 3.1): one frame without content. */
export const opusSilence = Uint8Array.of(0xf8, 0xff, 0xfe);

/** The longest wait of {@link eventually}: less than Jest's time-out, so that a wait cannot outlive its test. */
const longestWaitMs = 30_000;

/**
 * Resolves once the condition holds. It polls, because the native library has no event for this; between two checks the
 * library's threads can run. Throws after 30 s.
 */
export async function eventually(condition: () => boolean): Promise<void> {
  const endMs = systemClock.nowMs() + longestWaitMs;
  while (!condition()) {
    if (systemClock.nowMs() > endMs)
      throw new Error(`This did not become true within ${longestWaitMs / 1000} s: ${String(condition)}`);
    await wait(1);
  }
}

/** Lets all pending messages in this process arrive, so that a test can assert that something did not happen. */
export async function settle(turns = 50): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await nextTurn();
}
