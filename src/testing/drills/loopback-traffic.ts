import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Turns of the event loop without a change after which bytes that have not arrived are not going to: nobody reads them. */
const unreadTurns = 40;

/**
 * The TCP connections that this process has with itself, whoever opened them: vendors' SDKs, fetch, WebSockets. Tells when
 * nothing is under way, so that time on a virtual clock may move. Watches connections made after it was.
 */
export class LoopbackTraffic {
  readonly #sockets = new Set<Socket>();
  readonly #onSocket = (message: unknown): void =>
    this.#watch((message as { readonly socket: Socket }).socket);
  #ended = 0;

  constructor() {
    // Sources: https://nodejs.org/docs/latest-v20.x/api/diagnostics_channel.html#net
    subscribe('net.client.socket', this.#onSocket);
    subscribe('net.server.socket', this.#onSocket);
  }

  /** Resolves when everything that was sent has been received, or is left unread by the other end. */
  async idle(): Promise<void> {
    let before = -1;
    for (let turns = 0; turns < unreadTurns; turns++) {
      await nextTurn();
      const { bytes, isSettled } = this.#look();
      if (bytes === before && isSettled) return;
      if (bytes !== before) turns = 0;
      before = bytes;
    }
  }

  /** Connections to that port that their client has not given up, whatever the server knows. */
  clientsOf(port: number): number {
    return [...this.#sockets].filter(({ remotePort }) => remotePort === port).length;
  }

  /** Watches no longer. Idempotent. */
  close(): void {
    unsubscribe('net.client.socket', this.#onSocket);
    unsubscribe('net.server.socket', this.#onSocket);
    this.#sockets.clear();
  }

  #watch(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#ended++;
      this.#sockets.delete(socket);
    });
  }

  /** `bytes` changes whenever something happens on any connection. */
  #look(): { readonly bytes: number; readonly isSettled: boolean } {
    const ends = new Map<string, Socket>();
    let bytes = this.#sockets.size + this.#ended;
    for (const socket of this.#sockets) {
      bytes += socket.bytesWritten + socket.bytesRead;
      ends.set(`${socket.localPort}>${socket.remotePort}`, socket);
    }
    const isSettled = [...this.#sockets].every((socket) => {
      const other = ends.get(`${socket.remotePort}>${socket.localPort}`);
      return !socket.connecting && other?.bytesRead === socket.bytesWritten;
    });
    return { bytes, isSettled };
  }
}
