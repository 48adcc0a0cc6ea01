import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** After this many unchanged turns of the event loop, bytes in flight count as unread: their reader has stopped. */
const unreadTurns = 40;

/**
 * Watches the TCP connections of this process with itself: vendors' SDKs, fetch, WebSockets. Reports when nothing is in
 * flight, so that a virtual clock may advance. Sees only connections made after it.
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

  /** Resolves when everything sent was received, or the other end has stopped reading. */
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

  /** Connections to that port that the client has not closed. */
  clientsOf(port: number): number {
    return [...this.#sockets].filter(({ remotePort }) => remotePort === port).length;
  }

  /** Stops watching. Idempotent. */
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
