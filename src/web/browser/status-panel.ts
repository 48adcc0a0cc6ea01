/** Whether the page is in a call, and the button that begins and ends one. */
import { activityText, type Activity } from '../model/activity.js';
import { callStateText, inCall, type CallState } from '../model/call-state.js';
import { byId } from './elements.js';

export class StatusPanel {
  readonly #text = byId('status-text', HTMLSpanElement);
  readonly #call = byId('call', HTMLButtonElement);

  /** `onPressed` is called when the visitor wants to begin or end a call. */
  constructor(onPressed: () => void) {
    this.#call.addEventListener('click', onPressed);
  }

  /** Shows the call's state; of a live one also what goes on in it. */
  show(state: CallState, activity: Activity): void {
    const text = callStateText(state);
    document.body.dataset.phase = state.phase;
    this.#text.textContent = state.phase === 'live' ? `${text} · ${activityText(activity)}` : text;
    const calling = inCall(state);
    this.#call.textContent = calling ? 'Disconnect' : state.phase === 'idle' ? 'Connect' : 'Call again';
    this.#call.classList.toggle('primary', !calling);
  }
}
