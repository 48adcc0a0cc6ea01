import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PeerConnectionListener } from '../transport/webrtc/peer-connection.js';
import type { TransportWarning } from '../transport/transport.js';

/** Keeps everything that one end of a WebRTC connection was told, and lets a test wait for it. */
export class PeerRecorder implements PeerConnectionListener {
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

/** An RTP packet with a payload of its own; the source must be that of the sending end. */
export function rtpPacket(ssrc: number, sequence: number): Uint8Array {
  const packet = new Uint8Array(60);
  const view = new DataView(packet.buffer);
  view.setUint8(0, 0x80);
  view.setUint8(1, 111);
  view.setUint16(2, sequence);
  view.setUint32(4, sequence * 960);
  view.setUint32(8, ssrc);
  packet.fill(sequence & 0xff, 12);
  return packet;
}

/** Lets everything that is under way in this process arrive: so that what must not happen can be told not to have. */
export async function settle(turns = 50): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await nextTurn();
}
