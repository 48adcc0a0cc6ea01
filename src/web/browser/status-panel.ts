/** Whether the page is in a call, and the button that begins and ends one. */
import type { Activity } from '../model/activity.js';
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

  /** Shows the call's state; of a live one also what goes on in it. */
  show(state: CallState, activity: Activity): void {
    document.body.dataset.phase = state.phase;
    const text = callStateText(state);
    // Screen readers say each change of the state, hence not what goes on, which stands beside it.
    if (this.#status.textContent !== text) this.#status.textContent = text;
    this.#activity.textContent = state.phase === 'live' ? activity : '';
    const calling = inCall(state);
    this.#call.textContent = calling ? 'Disconnect' : state.phase === 'idle' ? 'Connect' : 'Call again';
    this.#call.classList.toggle('primary', !calling);
  }
}
