import type { SttEvent } from '../../speech-to-text.js';
import {
  finalOf,
  noStep,
  partialOf,
  phraseOf,
  silence,
  type LiveStep,
  type LiveTranscript,
} from '../../live-transcript.js';
import type { RealtimeMessage } from './realtime-messages.js';

/** A message about an item. */
export type ItemMessage = Extract<
  RealtimeMessage,
  { readonly type: 'committed' | 'delta' | 'completed' | 'nothing' }
>;

/** A flush, and what is known of its answer. */
interface Request {
  readonly atMs: number;
  /** Whether a commit was sent for it. */
  readonly isSent: boolean;
  itemId: string | null;
  /** The whole text; null until it is known. */
  text: string | null;
  /** What was answered in OpenAI's place; null if nothing was. */
  givenUp: string | null;
}

/** So many finished items are remembered, for messages that overtake each other. */
const keptItems = 16;

/**
 * OpenAI's transcript. Each flush commits the audio so far, which becomes an item with a transcript of its own. Items are
 * made in the order of the commits; their transcripts may come in any order (the guide says to match them by `item_id`).
 *
 * Source: https://developers.openai.com/api/docs/guides/realtime-transcription
 */
export class ItemTranscript implements LiveTranscript<ItemMessage> {
  /** Flushes without an answer. */
  readonly #requests: Request[] = [];
  /** Commits whose item is not known yet, those that were given up included. */
  readonly #uncommitted: Request[] = [];
  /** Requests by item, while their transcript is outstanding. */
  readonly #items = new Map<string, Request>();
  /** The text so far of items without a transcript. */
  readonly #texts = new Map<string, string>();
  /** Transcripts of items whose commit is not known yet, and null for items that are done. */
  readonly #finished = new Map<string, string | null>();
  #flushedMs = 0;
  #untilMs = 0;

  get pendingFlushes(): number {
    return this.#requests.length;
  }

  take(message: ItemMessage): LiveStep {
    switch (message.type) {
      case 'committed':
        return this.#commit(message.itemId);
      case 'delta':
        return this.#grow(message.itemId, message.text);
      case 'completed':
        return this.#complete(message.itemId, message.text);
      case 'nothing':
        return this.#answer(this.#uncommitted.shift(), '');
    }
  }

  flush(atMs: number): LiveStep {
    const isSent = atMs > this.#flushedMs;
    const request: Request = { atMs, isSent, itemId: null, text: isSent ? null : '', givenUp: null };
    this.#flushedMs = atMs;
    this.#requests.push(request);
    if (isSent) this.#uncommitted.push(request);
    return { events: this.#release(), asksForFinal: isSent };
  }

  giveUpFlush(): LiveStep {
    const request = this.#requests.shift();
    if (!request) return noStep;
    const phrase = phraseOf(this.#textOf(request), []);
    request.givenUp = phrase.text;
    // Only the audio before this flush is certain.
    return { events: [finalOf(phrase, this.#untilMs, true), ...this.#release()] };
  }

  settle(): LiveStep {
    return noStep;
  }

  #commit(itemId: string): LiveStep {
    const request = this.#uncommitted.shift();
    if (!request) return noStep;
    request.itemId = itemId;
    this.#items.set(itemId, request);
    const text = this.#finished.get(itemId);
    return typeof text === 'string' ? this.#complete(itemId, text) : noStep;
  }

  #grow(itemId: string, more: string): LiveStep {
    if (this.#finished.has(itemId)) return noStep;
    const text = (this.#texts.get(itemId) ?? '') + more;
    this.#texts.set(itemId, text);
    const phrase = phraseOf(text, []);
    return phrase.text !== '' && this.#isCurrent(itemId) ? { events: [partialOf(phrase)] } : noStep;
  }

  /** Whether the item is the one that the next final will have. */
  #isCurrent(itemId: string): boolean {
    const owner = this.#items.get(itemId);
    const [oldest] = this.#requests;
    if (!oldest) return owner === undefined;
    return owner === oldest || (owner === undefined && oldest.itemId === null);
  }

  #complete(itemId: string, text: string): LiveStep {
    const request = this.#items.get(itemId);
    this.#finish(itemId, request ? null : text);
    return request ? this.#answer(request, text) : noStep;
  }

  #finish(itemId: string, text: string | null): void {
    this.#items.delete(itemId);
    this.#texts.delete(itemId);
    this.#finished.set(itemId, text);
    const [oldest] = this.#finished.keys();
    if (this.#finished.size > keptItems && oldest !== undefined) this.#finished.delete(oldest);
  }

  #answer(request: Request | undefined, text: string): LiveStep {
    if (!request) return noStep;
    request.text = text;
    if (request.givenUp === null) return { events: this.#release() };
    const phrase = phraseOf(text, []);
    // Words that were given already must not be said twice.
    if (request.givenUp !== '' || phrase.text === '') return noStep;
    return { events: [finalOf(phrase, null, false)] };
  }

  /** Answers the flushes whose text is known, in order. */
  #release(): SttEvent[] {
    const events: SttEvent[] = [];
    for (let [next] = this.#requests; next && next.text !== null; [next] = this.#requests) {
      this.#requests.shift();
      this.#untilMs = Math.max(this.#untilMs, next.atMs);
      events.push(finalOf(next.text === '' ? silence : phraseOf(next.text, []), this.#untilMs, true));
    }
    return events;
  }

  /** The text so far for a request whose transcript is outstanding. */
  #textOf({ itemId }: Request): string {
    if (itemId !== null) return this.#texts.get(itemId) ?? '';
    const [unowned] = [...this.#texts].filter(([id]) => !this.#items.has(id));
    return unowned?.[1] ?? '';
  }
}
