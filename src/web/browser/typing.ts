/** The text box for typed turns. */
import { maxTypedLength } from '../../transport/webrtc/page-protocol.js';
import { byId } from './elements.js';

export class Typing {
  readonly #text = byId('text', HTMLInputElement);

  /** `onText` is called with each text that the visitor sends: trimmed, not empty. */
  constructor(onText: (text: string) => void) {
    this.#text.maxLength = maxTypedLength;
    byId('typing', HTMLFormElement).addEventListener('submit', (submitting) => {
      submitting.preventDefault();
      const text = this.#text.value.trim();
      if (text === '') return;
      this.#text.value = '';
      onText(text);
    });
  }
}
