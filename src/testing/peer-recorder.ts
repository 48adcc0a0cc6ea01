import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import type { TransportWarning } from '../transport/transport.js';
import type { MediaConnectionListener } from '../transport/webrtc/media-connection.js';
import { writeRtpPacket } from '../transport/webrtc/rtp-packet.js';

/** Keeps everything that one end of a WebRTC connection was told, and lets a test wait for it. */
export class PeerRecorder implements MediaConnectionListener {
  readonly packets: Uint8Array[] = [];
  readonly texts: string[] = [];
  readonly warnings: TransportWarning[] = [];
  readonly ends: { readonly reason: string; readonly cause: Error | undefined }[] = [];
  /** Everything in order, in a word each. */
  readonly log: string[] = [];
  #waiting: { readonly condition: () => boolean; readonly resolve: () => void }[] = [];

  /** Resolves as soon as the condition holds: judged now, and again with everything that is told. */
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

/** An RTP packet of Opus' usual type, by default with a payload of its own; the source must be that of the sending end. */
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

/**
 * Resolves once the condition holds. It looks again and again, for what the native library does has no event; between two
 * looks the library's threads have the processor to themselves. The test's own limit is the limit.
 */
export async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await wait(1);
}

/** Lets everything that is under way in this process arrive: so that what must not happen can be told not to have. */
export async function settle(turns = 50): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await nextTurn();
}
