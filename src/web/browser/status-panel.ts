/** The call's state, and the button that begins and ends a call. */
import type { Activity } from '../../call-view/activity.js';
import { callStateText, inCall, type CallState } from '../model/call-state.js';
import { byId } from './elements.js';

export class StatusPanel {
  readonly #status = byId('status', HTMLSpanElement);
  readonly #activity = byId('activity', HTMLSpanElement);
  readonly #call = byId('call', HTMLButtonElement);

  /** `onPressed` is called when the visitor wants to begin or end a call. */
  constructor(onPressed: () => void) {
    this.#call.addEventListener('click', onPressed);
  }

  /** Shows the call's state, and the activity of a live call. */
  show(state: CallState, activity: Activity): void {
    document.body.dataset.phase = state.phase;
    const text = callStateText(state);
    // Screen readers announce each change of this text, so the activity is in an element of its own.
    if (this.#status.textContent !== text) this.#status.textContent = text;
    this.#activity.textContent = state.phase === 'live' ? activity : '';
    const calling = inCall(state);
    this.#call.textContent = calling ? 'Disconnect' : state.phase === 'idle' ? 'Connect' : 'Call again';
    this.#call.classList.toggle('primary', !calling);
  }
}
