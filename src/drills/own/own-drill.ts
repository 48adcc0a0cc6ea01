/** A drill with the providers of an agent file. Wrappers around the real providers fail, not a simulated server. */
import type { ProviderErrorCategory, ProviderKind } from '../../core/errors.js';
import type { SessionEventType } from '../../events/session-event.js';

/** When a provider fails, as seen from the session. */
export type OwnFaultMoment =
  /** When a stream is opened or an answer requested. */
  | 'at_once'
  /** Recogniser: 400 ms into the caller's speech. Model: after its first token. Voice: after its first audio. */
  | 'in_the_middle'
  /** Recogniser: when the final of the utterance is requested. */
  | 'at_the_end';

export interface OwnFault {
  readonly at: OwnFaultMoment;
  /** The category of its error; null for a provider that falls silent instead. */
  readonly category: ProviderErrorCategory | null;
  /** How long the provider asks to wait before the next request. */
  readonly retryAfterMs?: number;
}

export interface OwnDrill {
  /** Its name on the command line. */
  readonly name: string;
  /** One line for the list of drills. */
  readonly says: string;
  readonly kind: ProviderKind;
  readonly fault: OwnFault;
  /** Every attempt fails, not only the first. */
  readonly always?: true;
  /** The embedded provider of the same kind is its fallback. */
  readonly fallback?: true;
  /** The turn may continue with the words known when the provider fell silent. */
  readonly mayLoseWords?: true;
  /** The event types that the log must show, each at least once. */
  readonly shows: readonly SessionEventType[];
  /** What the caller must hear: an answer to every turn, the apology, or either. */
  readonly outcome: 'answer' | 'apology' | 'answer_or_apology';
}
