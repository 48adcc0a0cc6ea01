import type { ToolDefinition } from '../language-model.js';
import { tagAt } from './text-tag.js';
import { writtenCalls, type WrittenCall } from './written-call.js';

/**
 * Lower-case markers that begin a call without being tags, each with its end markers. Without one the call ends with
 * the answer.
 */
const markers: Readonly<Record<string, readonly string[]>> = {
  '<|python_tag|>': ['<|eom_id|>', '<|eot_id|>'],
  '<|tool_call|>': ['<|/tool_call|>', '<|end|>'],
  '[tool_calls]': ['</s>'],
  '<function=': [],
};
const tagNames = ['tool_call', 'function'];
const mayBegin = /[<[]/;

/**
 * Removes tool calls from an answer's text, so that they are never spoken. Tags may be split between tokens; text is
 * held only while it may still become a tag. Pure.
 */
export class WrittenCallFilter {
  readonly #tools: readonly ToolDefinition[];
  #held = '';
  /** The pieces of text inside the current call; null outside a call. */
  #body: string[] | null = null;
  #ends: readonly string[] = [];
  #isBehindCall = false;
  /** Calls of offered tools, in order. */
  calls: WrittenCall[] = [];
  /** How many calls could not be read or name an unknown tool. */
  dropped = 0;

  /** `tools`: the offered tools; without any, text passes unchanged. */
  constructor(tools: readonly ToolDefinition[]) {
    this.#tools = tools;
  }

  /** Whether a call has begun and not ended. */
  get isWithinCall(): boolean {
    return this.#body !== null;
  }

  /** Takes more text and returns the part to be spoken. */
  push(text: string): string {
    if (this.#tools.length === 0) return text;
    if (this.#body === null && this.#held === '' && !mayBegin.test(text)) return this.#given(text);
    return this.#scan(text, false);
  }

  /** Ends the answer: returns held text, and ends an open call. */
  end(): string {
    const rest = this.#scan('', true);
    if (this.#body !== null) this.#close(this.#held);
    this.#held = '';
    return rest;
  }

  /** Forgets all text until now: it was not part of the answer. */
  reset(): void {
    this.#held = '';
    this.#body = null;
    this.#isBehindCall = false;
    this.calls = [];
    this.dropped = 0;
  }

  #scan(more: string, isLast: boolean): string {
    let said = '';
    let text = this.#held + more;
    this.#held = '';
    for (;;) {
      if (this.#body !== null) {
        const rest = this.#within(this.#body, text);
        if (rest === null) return said;
        text = rest;
      }
      const { at, opening } = nextOpening(text);
      if (at < 0) return said + this.#given(text);
      if (opening === 'unfinished') {
        said += this.#given(isLast ? text : text.slice(0, at));
        if (!isLast) this.#held = text.slice(at);
        return said;
      }
      said += this.#given(text.slice(0, at));
      this.#body = [opening.body];
      this.#ends = opening.ends;
      text = text.slice(at + opening.length);
    }
  }

  /** Takes more of a call. Returns the text after its end; null while the call goes on. */
  #within(body: string[], text: string): string | null {
    const lower = text.toLowerCase();
    for (let at = lower.indexOf('<'); at >= 0; at = lower.indexOf('<', at + 1)) {
      const length = endAt(lower, at, this.#ends);
      if (length === null) continue;
      if (length === 'unfinished') {
        body.push(text.slice(0, at));
        this.#held = text.slice(at);
        return null;
      }
      this.#close(text.slice(0, at));
      return text.slice(at + length);
    }
    body.push(text);
    return null;
  }

  #close(last: string): void {
    const body = [...(this.#body ?? []), last].join('');
    this.#body = null;
    this.#isBehindCall = true;
    const calls = writtenCalls(body, this.#tools);
    const known = calls.filter((call) => this.#tools.some(({ name }) => name === call.name));
    this.calls.push(...known);
    this.dropped += calls.length === 0 ? 1 : calls.length - known.length;
  }

  /** Blank lines around calls are not part of the answer. */
  #given(text: string): string {
    const said = this.#isBehindCall ? text.trimStart() : text;
    if (said !== '') this.#isBehindCall = false;
    return said;
  }
}

interface Opening {
  readonly length: number;
  /** The part of the opening that belongs to the call's text. */
  readonly body: string;
  /** What ends the call; with a leading `/`, the name of a closing tag. */
  readonly ends: readonly string[];
}

/** The first opening of a call, or text that may become one; `at` is -1 for none. */
function nextOpening(text: string): { readonly at: number; readonly opening: Opening | 'unfinished' } {
  for (let at = text.search(mayBegin); at >= 0;) {
    const opening = openingAt(text, at);
    if (opening) return { at, opening };
    const next = text.slice(at + 1).search(mayBegin);
    at = next < 0 ? next : at + 1 + next;
  }
  return { at: -1, opening: 'unfinished' };
}

function openingAt(text: string, at: number): Opening | 'unfinished' | null {
  const ahead = text.slice(at, at + 16).toLowerCase();
  for (const [marker, ends] of Object.entries(markers)) {
    if (marker.startsWith(ahead)) return 'unfinished';
    if (!ahead.startsWith(marker)) continue;
    if (marker === '<function=') return { length: marker.length, body: marker, ends: ['/function'] };
    return { length: marker.length, body: '', ends };
  }
  const tag = tagAt(text, at, ['tool_call']);
  if (tag === null || tag === 'unfinished') return tag;
  // A closing tag alone begins no call.
  if (tag.kind !== 'opening') return null;
  return { length: tag.length, body: '', ends: ['/tool_call'] };
}

/** The length of the call's end at this position; `unfinished` if the text is too short to tell, null for none. */
function endAt(lower: string, at: number, ends: readonly string[]): number | 'unfinished' | null {
  const tag = tagAt(lower, at, tagNames);
  let isUnfinished = tag === 'unfinished';
  for (const end of ends) {
    if (end.startsWith('/')) {
      const isEnd = tag !== null && tag !== 'unfinished' && tag.kind === 'closing' && end === `/${tag.name}`;
      if (isEnd) return tag.length;
    } else if (lower.startsWith(end, at)) {
      return end.length;
    } else {
      isUnfinished ||= end.startsWith(lower.slice(at, at + end.length));
    }
  }
  return isUnfinished ? 'unfinished' : null;
}
