import { EventEmitter } from 'node:events';
import type { Clock, Timer } from '#src/core/clock.js';
import { PlayoutBuffer } from '#src/replay/playout-buffer.js';
import { SocketInbox, type MediaSocket } from '#src/transport/media-stream/socket-inbox.js';
import type { MediaStart } from '#src/transport/media-stream/media-handshake.js';

const samplesPerMs = 8;
const socketOpen = 1;
const socketClosed = 3;

interface HeardStretch {
  readonly startSamples: number;
  readonly bytes: Uint8Array;
}

/**
 * Twilio at the other end of an in-memory socket with a delay each way, on an injected clock. It plays, echoes and clears
 * like the real one, knows sample by sample what was heard, and can be made to send anything.
 */
export class TwilioFarEnd extends EventEmitter implements MediaSocket {
  readonly streamSid: string;
  readyState = socketOpen;
  bufferedAmount = 0;
  /** Set to send no mark echoes, like a broken far end. */
  swallowsEchoes = false;
  /** All received messages, parsed, in order of arrival. */
  readonly arrived: { readonly event: string; readonly mark?: { readonly name: string } }[] = [];
  closeCode: number | null = null;
  closeReason = '';
  readonly #clock: Clock;
  readonly #thereMs: number;
  readonly #backMs: number;
  readonly #buffer = new PlayoutBuffer(600_000 * samplesPerMs);
  #stretches: HeardStretch[] = [];
  #sequenceNumber = 1;
  #echoTimer: Timer | null = null;

  constructor(
    clock: Clock,
    options: { readonly thereMs?: number; readonly backMs?: number; readonly streamSid?: string } = {},
  ) {
    super();
    this.#clock = clock;
    this.#thereMs = options.thereMs ?? 0;
    this.#backMs = options.backMs ?? 0;
    this.streamSid = options.streamSid ?? `MZ${'1'.repeat(32)}`;
  }

  /** The result of a handshake on this socket. */
  get start(): MediaStart {
    const inbox = new SocketInbox(this);
    return { streamId: this.streamSid, callId: 'CA1', parameters: {}, grant: true, inbox };
  }

  /** The audio that the caller has heard, one mu-law byte per sample. */
  get heard(): Uint8Array {
    const nowSamples = this.#nowSamples();
    return Buffer.concat(
      this.#stretches.map((stretch) =>
        stretch.bytes.subarray(0, Math.max(0, nowSamples - stretch.startSamples)),
      ),
    );
  }

  /** Clock time at which the `index`-th heard sample became audible. */
  audibleAtMs(index: number): number {
    let rest = index;
    for (const { startSamples, bytes } of this.#stretches) {
      if (rest < bytes.length) return (startSamples + rest) / samplesPerMs;
      rest -= bytes.length;
    }
    return Infinity;
  }

  send(text: string): void {
    this.#clock.setTimer(this.#thereMs, () => this.#arrive(text));
  }

  close(code = 1005, reason = ''): void {
    if (this.closeCode !== null) return;
    this.closeCode = code;
    this.closeReason = reason;
    this.readyState = socketClosed;
    this.emit('close', code);
  }

  terminate(): void {
    this.close(1006);
  }

  /** Sends caller audio. */
  sayMulaw(mulaw: Uint8Array): void {
    const payload = Buffer.from(mulaw).toString('base64');
    this.sendBack('media', { media: { track: 'inbound', chunk: '1', timestamp: '0', payload } });
  }

  /** Sends a message with the next sequence number and the delay back. */
  sendBack(event: string, fields: object): void {
    this.#sequenceNumber += 1;
    const sequenceNumber = String(this.#sequenceNumber);
    const message = JSON.stringify({ event, sequenceNumber, streamSid: this.streamSid, ...fields });
    this.#clock.setTimer(this.#backMs, () => this.sendRaw(message));
  }

  /** Delivers a message at once, valid or not. */
  sendRaw(message: string | Uint8Array): void {
    if (this.readyState !== socketOpen) return;
    this.emit('message', Buffer.from(message), typeof message !== 'string');
  }

  #arrive(text: string): void {
    const message = JSON.parse(text) as {
      readonly event: string;
      readonly media?: { readonly payload: string };
      readonly mark?: { readonly name: string };
    };
    this.arrived.push(message);
    const nowSamples = this.#nowSamples();
    this.#echoDue();
    if (message.media) {
      const bytes = Buffer.from(message.media.payload, 'base64');
      const startSamples = this.#buffer.push(bytes.length, nowSamples);
      if (startSamples !== null) this.#stretches.push({ startSamples, bytes });
    } else if (message.mark) {
      if (this.#buffer.mark(message.mark.name, nowSamples)) this.#echo(message.mark.name);
    } else if (message.event === 'clear') {
      for (const name of this.#buffer.clear(nowSamples)) this.#echo(name);
      this.#stretches = this.#stretches
        .map(({ startSamples, bytes }) => ({
          startSamples,
          bytes: bytes.subarray(0, Math.max(0, nowSamples - startSamples)),
        }))
        .filter(({ bytes }) => bytes.length > 0);
    }
    this.#scheduleEcho();
  }

  #echoDue(): void {
    for (const name of this.#buffer.takeDue(this.#nowSamples())) this.#echo(name);
  }

  #scheduleEcho(): void {
    this.#echoTimer?.cancel();
    const dueSamples = this.#buffer.nextMarkSamples;
    if (dueSamples === null) return;
    this.#echoTimer = this.#clock.setTimer(dueSamples / samplesPerMs - this.#clock.nowMs(), () => {
      this.#echoDue();
      this.#scheduleEcho();
    });
  }

  #echo(name: string): void {
    if (!this.swallowsEchoes) this.sendBack('mark', { mark: { name } });
  }

  #nowSamples(): number {
    return Math.floor(this.#clock.nowMs() * samplesPerMs + 1e-6);
  }
}
