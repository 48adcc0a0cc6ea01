/** The list of the relay's calls, running ones included. */
import {
  callerText,
  endingText,
  lengthText,
  timeText,
  type CallSummary,
} from '../../call-view/call-summary.js';
import { durationText } from '../../call-view/waterfall.js';
import { byId, make } from './elements.js';

const refreshEveryMs = 3000;

export class CallsDialog {
  readonly #dialog = byId('calls', HTMLDialogElement);
  readonly #list = byId('calls-list', HTMLOListElement);
  readonly #note = byId('calls-note', HTMLParagraphElement);
  readonly #onChosen: (call: CallSummary) => void;
  #refreshing: number | undefined;
  #shown = new Map<string, { readonly facts: string; readonly item: HTMLLIElement }>();
  #isRefreshing = false;

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

  /** One at a time: a relay that is slow is not asked again meanwhile. */
  async #refresh(): Promise<void> {
    if (this.#isRefreshing) return;
    this.#isRefreshing = true;
    await this.#load();
    this.#isRefreshing = false;
  }

  async #load(): Promise<void> {
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
    this.#show(calls);
  }

  /** Replaces only what has changed, so that the keyboard focus stays. */
  #show(calls: readonly CallSummary[]): void {
    const items = calls.map((call) => {
      const facts = JSON.stringify(call);
      const known = this.#shown.get(call.sessionId);
      return {
        id: call.sessionId,
        facts,
        known,
        item: known?.facts === facts ? known.item : this.#item(call),
      };
    });
    const focused = items.find(({ known }) => known?.item.contains(document.activeElement));
    this.#shown = new Map(items.map(({ id, facts, item }) => [id, { facts, item }]));
    if (
      items.some(({ item }, at) => this.#list.children[at] !== item) ||
      this.#list.childElementCount > items.length
    )
      this.#list.replaceChildren(...items.map(({ item }) => item));
    focused?.item.querySelector('button')?.focus();
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
