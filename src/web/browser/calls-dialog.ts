/** The list of the relay's calls, running ones included. */
import { callerText, endingText, lengthText, type CallSummary } from '../../call-view/call-summary.js';
import { durationText } from '../../call-view/waterfall.js';
import { byId, make } from './elements.js';

const refreshEveryMs = 3000;

export class CallsDialog {
  readonly #dialog = byId('calls', HTMLDialogElement);
  readonly #list = byId('calls-list', HTMLOListElement);
  readonly #note = byId('calls-note', HTMLParagraphElement);
  readonly #onChosen: (call: CallSummary) => void;
  #refreshing: number | undefined;
  #shown = '';

  /** `onChosen` is called with the call that the visitor wants to see; the list is closed then. */
  constructor(onChosen: (call: CallSummary) => void) {
    this.#onChosen = onChosen;
    byId('past-calls', HTMLButtonElement).addEventListener('click', () => this.#open());
    byId('calls-close', HTMLButtonElement).addEventListener('click', () => this.#dialog.close());
    this.#dialog.addEventListener('close', () => clearInterval(this.#refreshing));
  }

  #open(): void {
    this.#dialog.showModal();
    void this.#refresh();
    this.#refreshing = setInterval(() => void this.#refresh(), refreshEveryMs);
  }

  async #refresh(): Promise<void> {
    const response = await fetch('calls').catch(() => null);
    if (!response?.ok) {
      this.#say(
        response ? `The relay does not show its calls (${response.status}).` : 'The relay does not answer.',
      );
      return;
    }
    const { calls } = (await response.json()) as { readonly calls: readonly CallSummary[] };
    this.#say(
      calls.length === 0
        ? 'No call has come yet.'
        : 'Press a call to see its words and its latency, and to hear it where it was recorded.',
    );
    // Keep the focus where nothing has changed.
    const shown = JSON.stringify(calls);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#list.replaceChildren(...calls.map((call) => this.#item(call)));
  }

  #say(text: string): void {
    if (this.#note.textContent !== text) this.#note.textContent = text;
  }

  #item(call: CallSummary): HTMLLIElement {
    const { startedAtMs, durationMs, turns, mouthToEarMs, recorded } = call;
    const button = make(
      'button',
      'past-call',
      make('span', 'call-when', timeText(startedAtMs)),
      make('span', 'call-who', callerText(call)),
      make('span', 'call-length', durationMs === null ? 'now' : lengthText(durationMs)),
      make('span', 'call-turns', turns === 1 ? '1 turn' : `${turns} turns`),
      make('span', 'call-ear', mouthToEarMs === null ? '–' : durationText(mouthToEarMs)),
      make('span', 'call-end', endingText(call)),
      make('span', 'call-recorded', recorded ? '♪ recorded' : ''),
    );
    button.type = 'button';
    button.addEventListener('click', () => {
      this.#dialog.close();
      this.#onChosen(call);
    });
    return make('li', '', button);
  }
}

/** The time of day, with the date if that is not today. */
export function timeText(ms: number): string {
  const date = new Date(ms);
  const time = date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });
  return date.toDateString() === new Date().toDateString() ? time : `${date.toLocaleDateString()} ${time}`;
}
