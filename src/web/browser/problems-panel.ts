/** The list of problems, each with its reason and a button for the remedy. */
import { failureText, type Failure, type FailureKind, type RemedyAction } from '../model/failures.js';
import { byId, make } from './elements.js';

export class ProblemsPanel {
  readonly #box = byId('problems', HTMLDivElement);
  readonly #failures = new Map<FailureKind, Failure>();
  readonly #onRemedy: (action: RemedyAction) => void;

  /** `onRemedy` is called when the visitor presses a problem's button. */
  constructor(onRemedy: (action: RemedyAction) => void) {
    this.#onRemedy = onRemedy;
  }

  /** Shows a problem; only one of each kind. */
  add(failure: Failure): void {
    this.#failures.set(failure.kind, failure);
    this.#show();
  }

  /** Removes a solved problem. */
  remove(kind: FailureKind): void {
    if (this.#failures.delete(kind)) this.#show();
  }

  clear(): void {
    this.#failures.clear();
    this.#show();
  }

  #show(): void {
    this.#box.replaceChildren(...[...this.#failures.values()].map((failure) => this.#item(failure)));
  }

  #item(failure: Failure): HTMLElement {
    const { title, remedy, action, harmless } = failureText(failure);
    const item = make(
      'div',
      harmless ? 'problem' : 'problem fatal',
      make('p', 'problem-title', title),
      make('p', 'problem-remedy', remedy),
    );
    if (action) {
      const button = make('button', '', action.label);
      button.type = 'button';
      button.addEventListener('click', () => this.#onRemedy(action.does));
      item.append(button);
    }
    return item;
  }
}
