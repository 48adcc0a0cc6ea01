import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Clock, Timer } from '../../core/clock.js';
import type { DeepgramFault, MidStreamFault } from './deepgram-fault.js';

/** Counts of exchanged messages. */
export interface SimulatedWireCount {
  sent: number;
  received: number;
}

export interface SimulatedWireOptions {
  readonly socket: WebSocket;
  /** The underlying TCP connection. */
  readonly stream: Duplex;
  readonly clock: Clock;
  readonly fault: DeepgramFault | null;
  readonly count: SimulatedWireCount;
  /** Called when a scheduled fault has happened. */
  readonly onFault: () => void;
}

/** The simulator's end of a connection, with its faults. */
export class SimulatedWire {
  readonly #options: SimulatedWireOptions;
  readonly #drip: string[] = [];
  #dripTimer: Timer | null = null;
  #held: string | null = null;
  #stalled = false;

  constructor(options: SimulatedWireOptions) {
    this.#options = options;
  }

  /** Sends a message as JSON, with this connection's fault applied. */
  send(message: object): void {
    const text = JSON.stringify(message);
    const { fault } = this.#options;
    if (fault?.type === 'cut_final' && isFinal(message)) this.#cut(text);
    else if (fault?.type === 'out_of_order') this.#sendSwapped(text);
    else if (fault?.type === 'slow_drip') this.#sendSlowly(text);
    else this.#sendText(text);
  }

  /** Closes the WebSocket. */
  close(code: number, reason = ''): void {
    if (this.#held !== null) this.#sendText(this.#held);
    this.#held = null;
    if (!this.#stalled) this.#options.socket.close(code, reason);
  }

  /** Drops unsent messages. */
  dispose(): void {
    this.#dripTimer?.cancel();
    this.#dripTimer = null;
    this.#drip.length = 0;
  }

  /** Applies a mid-stream fault. */
  failAs(fault: MidStreamFault): void {
    const { stream } = this.#options;
    switch (fault.type) {
      case 'drop':
        stream.destroy();
        break;
      case 'half_close':
        stream.end();
        break;
      case 'stall':
        this.#stalled = true;
        stream.pause();
        break;
      case 'hang':
        this.#stalled = true;
        break;
      case 'garbage':
        this.#sendText(fault.text ?? '{"type":"Results","chan');
        break;
      case 'close':
        this.close(fault.code ?? 1011, fault.reason ?? 'NET-0001: no audio within the timeout window');
        break;
    }
  }

  #cut(text: string): void {
    const { socket, stream, onFault } = this.#options;
    if (this.#stalled || socket.readyState !== socket.OPEN) return;
    this.#stalled = true;
    onFault();
    socket.send(text.slice(0, text.length / 2), { fin: false }, () => stream.destroy());
  }

  #sendSwapped(text: string): void {
    if (this.#held === null) {
      this.#held = text;
      return;
    }
    this.#sendText(text);
    this.#sendText(this.#held);
    this.#held = null;
  }

  #sendSlowly(text: string): void {
    const { fault } = this.#options;
    const size = (fault?.type === 'slow_drip' ? fault.bytes : undefined) ?? 40;
    for (let start = 0; start < text.length; start += size) this.#drip.push(text.slice(start, start + size));
    // An empty piece marks the end of a message.
    this.#drip.push('');
    if (!this.#dripTimer) this.#sendPiece();
  }

  #sendPiece(): void {
    const { clock, fault, socket, count } = this.#options;
    const piece = this.#drip.shift();
    if (piece === undefined || socket.readyState !== socket.OPEN) {
      this.#dripTimer = null;
      return;
    }
    if (piece === '') count.sent++;
    socket.send(piece, { fin: piece === '' });
    const everyMs = (fault?.type === 'slow_drip' ? fault.everyMs : undefined) ?? 5;
    this.#dripTimer = clock.setTimer(everyMs, () => this.#sendPiece());
  }

  #sendText(text: string): void {
    const { socket, count } = this.#options;
    if (this.#stalled || socket.readyState !== socket.OPEN) return;
    count.sent++;
    socket.send(text);
  }
}

/** Whether the message is a final segment (v1) or the end of a turn (v2). */
function isFinal(message: object): boolean {
  return (
    ('is_final' in message && message.is_final === true) ||
    ('event' in message && message.event === 'EndOfTurn')
  );
}
