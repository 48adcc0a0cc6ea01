import type { SessionEvent } from '../../events/session-event.js';

/**
 * The events of one call, selected from a relay's events by Twilio's call SID. Keeps earlier events until the SID is
 * known, then filters them too.
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

  /** Takes an event of any of the relay's sessions. */
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

  /** Sets the call's SID. */
  name(callSid: string): void {
    this.#callSid = callSid;
    for (const event of this.#early.splice(0)) this.take(event);
  }
}
