/** The output of `hzrelay dev`: the dashboard or plain lines. */
import type { SessionEvent } from '../../events/session-event.js';
import { printable, type LogLine } from '../../events/sys-log.js';
import type { RelayNotice } from '../../relay/relay-options.js';
import type { RelayFacts } from './introduction.js';

/** By q, by Ctrl-C, or by closing the terminal. */
export type QuitReason = 'quit' | 'interrupt' | 'hangup';

export interface DevView {
  event(event: SessionEvent): void;
  notice(notice: RelayNotice): void;
  /** The relay takes calls now. */
  ready(facts: RelayFacts): void;
  /** The relay's facts have changed; a notice has already said so. */
  changed(facts: RelayFacts): void;
  /** Resolves when the user quits; never resolves for a view without keys. */
  readonly quit: Promise<QuitReason>;
  /** Gives the terminal back. Idempotent. */
  close(): void;
}

/** A notice as one or more log lines. */
export function noticeLine({ level, message }: RelayNotice): LogLine {
  const tag = level === 'info' ? 'INFO' : level === 'warn' ? 'WARN' : 'ERR';
  // Indented lines are list items.
  const lines = message.split('\n').map((line) => `${/^ */.exec(line)?.[0] ?? ''}${printable(line)}`);
  return { tag, text: lines.join('\n'), detail: false };
}
