import type { ChosenManners } from './deepgram-manners.js';
import type { ListenQuery } from './listen-query.js';

/** A {@link DeepgramSimulator}'s record of one client connection. */
export interface ReceivedConnection {
  /** The client's request. */
  readonly query: ListenQuery;
  /** Types of the text messages received, in order. */
  readonly controls: readonly string[];
  /** The simulator's behaviour on this connection. */
  readonly manners: ChosenManners;
  /** WebSocket pings received. */
  readonly pings: number;
  /** The client's close code; null until it has closed. */
  readonly closeCode: number | null;
  /** The audio received, byte for byte. */
  readonly audio: Buffer;
  /** Whether the connection is open. */
  readonly isOpen: boolean;
}
