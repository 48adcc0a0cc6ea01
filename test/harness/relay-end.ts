import type { MediaStart } from '#src/transport/media-stream/media-handshake.js';
import type { SocketInbox } from '#src/transport/media-stream/socket-inbox.js';
import type { VirtualClock } from '#src/simulators/virtual-clock.js';

interface WireMessage {
  readonly event: string;
  readonly sequenceNumber: string;
  readonly media?: { readonly chunk: string; readonly timestamp: string; readonly payload: string };
  readonly mark?: { readonly name: string };
}

/** The relay's end of a media socket: records the phone's messages and sends those of the test. */
export class RelayEnd {
  readonly messages: WireMessage[] = [];
  isClosed = false;
  readonly #start: MediaStart;
  readonly #inbox: SocketInbox;

  constructor(start: MediaStart) {
    this.#start = start;
    this.#inbox = start.inbox;
    this.#inbox.handOver({
      onMessage: (text) => this.messages.push(JSON.parse(text ?? '') as WireMessage),
      onError: () => undefined,
      onClose: () => (this.isClosed = true),
    });
  }

  get start(): MediaStart {
    return this.#start;
  }

  get wire(): { readonly sent: number; readonly received: number } {
    return this.#inbox.counts;
  }

  get media(): readonly Uint8Array[] {
    return this.messages.flatMap(({ media }) => (media ? Buffer.from(media.payload, 'base64') : []));
  }

  get marks(): readonly string[] {
    return this.messages.flatMap(({ mark }) => mark?.name ?? []);
  }

  send(event: string, fields: object = {}): void {
    this.#inbox.send(JSON.stringify({ event, streamSid: this.#start.streamId, ...fields }));
  }

  play(samples: number, code = 0x10): void {
    const payload = Buffer.alloc(samples, code).toString('base64');
    this.send('media', { media: { payload } });
  }

  raw(text: string): void {
    this.#inbox.send(text);
  }

  close(clock: VirtualClock): Promise<void> {
    return this.#inbox.close(clock, 1000);
  }
}
