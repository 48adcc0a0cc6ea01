import type { ListenQuery } from './listen-query.js';

/** What a {@link DeepgramSimulator} knows of one client's connection. */
export interface ReceivedConnection {
  /** What was asked for. */
  readonly query: ListenQuery;
  /** Types of the text messages received, in order. */
  readonly controls: readonly string[];
  /** How the client closed; null as long as it has not. */
  readonly closeCode: number | null;
  /** The audio received, byte for byte. */
  readonly audio: Buffer;
  /** Whether the client is still there. */
  readonly isOpen: boolean;
}
