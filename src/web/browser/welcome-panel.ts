/** Who answers here and what a visitor may try, as long as nothing has been said. */
import type { PageIntroduction } from '../../call-view/introduction.js';
import { byId, make } from './elements.js';

export class WelcomePanel {
  readonly #who = byId('who-answers', HTMLParagraphElement);
  readonly #list = byId('suggestions', HTMLUListElement);
  readonly #onSuggestion: (text: string) => void;

  /** `onSuggestion` is called when the visitor presses something to say. */
  constructor(onSuggestion: (text: string) => void) {
    this.#onSuggestion = onSuggestion;
    this.#show({});
    void this.#load();
  }

  async #load(): Promise<void> {
    const response = await fetch('about').catch(() => null);
    // The call itself will say what is wrong.
    if (response?.ok) this.#show((await response.json()) as PageIntroduction);
  }

  #show({ agent = 'an agent', providers, suggestions = [] }: PageIntroduction): void {
    this.#who.replaceChildren('You will talk to ', make('strong', '', agent), '.');
    if (providers) {
      const { stt, llm, tts } = providers;
      const isEmbedded = [stt, llm, tts].every((name) => name === 'local');
      this.#who.append(
        isEmbedded
          ? ' Speech recognition, model and voice are built in: simple, and without any key.'
          : ` It hears with ${stt}, answers with ${llm} and speaks with ${tts}.`,
      );
    }
    const title = byId('suggestions-title', HTMLParagraphElement);
    title.hidden = suggestions.length === 0;
    this.#list.replaceChildren(...suggestions.map((text) => this.#suggestion(text)));
  }

  #suggestion(text: string): HTMLLIElement {
    const button = make('button', 'suggestion', `“${text}”`);
    button.type = 'button';
    button.addEventListener('click', () => this.#onSuggestion(text));
    return make('li', '', button);
  }
}
