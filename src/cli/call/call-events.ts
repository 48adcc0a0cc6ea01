import type { SessionEvent } from '../../events/session-event.js';

/**
 * The events of one call, picked from those of a relay by the call's name at Twilio. What comes before that name is known
 * is kept and sorted out then.
 */
export class CallEvents {
  readonly events: SessionEvent[] = [];
  /** Resolves with the last event of the call's session. */
  readonly ended: Promise<SessionEvent<'session.end'>>;
  readonly #onEvent: (event: SessionEvent) => void;
  #early: SessionEvent[] = [];
  #callSid: string | null = null;
  #sessionId: string | null = null;
  #resolveEnded: (end: SessionEvent<'session.end'>) => void = () => undefined;

  constructor(onEvent: (event: SessionEvent) => void) {
    this.#onEvent = onEvent;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  /** An event of the relay, of whichever session. */
  take(event: SessionEvent): void {
    if (this.#callSid === null) {
      this.#early.push(event);
      return;
    }
    if (event.type === 'session.start' && event.callId === this.#callSid) this.#sessionId = event.sessionId;
    if (event.sessionId !== this.#sessionId) return;
    this.events.push(event);
    this.#onEvent(event);
    if (event.type === 'session.end') this.#resolveEnded(event);
  }

  /** The call has got its name. */
  name(callSid: string): void {
    this.#callSid = callSid;
    for (const event of this.#early.splice(0)) this.take(event);
  }
}
