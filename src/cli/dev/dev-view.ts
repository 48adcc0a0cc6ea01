/** What `hzrelay dev` shows, wherever it shows it. */
import type { SessionEvent } from '../../events/session-event.js';
import type { LogLine } from '../../events/sys-log.js';
import type { RelayNotice } from '../../server/relay-options.js';
import type { RelayFacts } from '../introduction.js';

export interface DevView {
  event(event: SessionEvent): void;
  notice(notice: RelayNotice): void;
  /** The relay answers now. */
  ready(facts: RelayFacts): void;
  /** Something about the relay has changed; a notice has said so. */
  changed(facts: RelayFacts): void;
  /** Resolves when a person at the keyboard wants to stop; of a view without keys it never does. */
  readonly quit: Promise<'quit' | 'interrupt'>;
  /** Gives the terminal back. Idempotent. */
  close(): void;
}

/** A notice as a line of the log. */
export function noticeLine({ level, message }: RelayNotice): LogLine {
  const tag = level === 'info' ? 'INFO' : level === 'warn' ? 'WARN' : 'ERR';
  return { tag, text: message, detail: false };
}
