import { request, type IncomingMessage } from 'node:http';
import type { SessionEvent } from '#src/events/session-event.js';
import { until } from './light-relay.js';

/** A client of the event stream. */
export class EventStreamReader {
  text = '';
  ended = false;
  status = 0;
  headers: IncomingMessage['headers'] = {};
  readonly #asking;

  constructor(url: string, headers: Record<string, string> = {}) {
    this.#asking = request(url, { agent: false, headers });
    this.#asking.on('error', () => (this.ended = true));
    this.#asking.on('response', (response) => {
      this.status = response.statusCode ?? 0;
      this.headers = response.headers;
      response.setEncoding('utf8').on('data', (text: string) => (this.text += text));
      response.on('close', () => (this.ended = true));
      response.on('error', () => (this.ended = true));
    });
    this.#asking.end();
  }

  static async open(url: string, headers: Record<string, string> = {}): Promise<EventStreamReader> {
    const reader = new EventStreamReader(url, headers);
    await until(() => reader.text.includes(': hzrelay events'));
    return reader;
  }

  get events(): SessionEvent[] {
    return this.text
      .split('\n')
      .filter((line) => line.startsWith('data: '))
      .map((line) => JSON.parse(line.slice('data: '.length)) as SessionEvent);
  }

  /** Stops taking bytes from the connection. */
  pause(): void {
    this.#asking.socket?.pause();
  }

  leave(): void {
    this.#asking.destroy();
  }
}
