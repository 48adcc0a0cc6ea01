import type { LlmEvent } from '../language-model.js';
import { tagAt } from './text-tag.js';

/** What the text after a marker is. */
type Mode = 'speech' | 'reasoning' | 'header';

/** Names of reasoning tags. */
const names = (
  'think thinking thought thoughts reason reasoning reflection analysis scratchpad inner_monologue internal_monologue ' +
  'inner_thoughts antthinking longcat_think seed:think mm:think'
).split(' ');
/** The `<|channel>` markers are Gemma 4's; the name of the channel counts as reasoning. */
const opening = [
  '[think]',
  '◁think▷',
  '<|think|>',
  '<|thinking|>',
  '<unused94>',
  '<|begin_of_thought|>',
  '<|start_thinking|>',
  '<|channel>',
];
const closing = [
  '[/think]',
  '◁/think▷',
  '<|/think|>',
  '<|/thinking|>',
  '<unused95>',
  '<|end_of_thought|>',
  '<|end_thinking|>',
  '<channel|>',
];
/** Messages of OpenAI's harmony format: a header that names the channel, then the text. */
const header = ['<|start|>', '<|channel|>'];
const message = ['<|message|>'];
const end = ['<|end|>', '<|return|>', '<|call|>'];
/** Markers around the answer itself; removed. */
const silent = ['<|begin_of_solution|>', '<|end_of_solution|>', '<|start_response|>', '<|end_response|>'];

const kinds = new Map(
  Object.entries({ opening, closing, header, message, end, silent }).flatMap(([kind, markers]) =>
    markers.map((marker) => [marker, kind] as const),
  ),
);
const longest = Math.max(...[...kinds.keys()].map(({ length }) => length));
/** Every prefix of a marker: text that ends with one is held until more arrives. */
const beginnings = new Set(
  [...kinds.keys()].flatMap((marker) => Array.from(marker, (_, length) => marker.slice(0, length + 1))),
);
const mayBegin = /[<[◁]/;

/**
 * Separates reasoning from an answer's text: between known tags, before a lone closing tag, and in the channels of the
 * harmony format. Tags may be split between tokens. Text is held only while it may still become a tag; "a < b" passes
 * at once. Pure.
 *
 * Sources: the reasoning parsers of vLLM and SGLang, OpenAI's harmony guide, the model cards of Magistral (`[THINK]`),
 * Kimi (`◁think▷`), Cohere (`<|START_THINKING|>`), Seed-OSS (`<seed:think>`), Gemma 4 (`<|channel>`) and MedGemma
 * (`<unused94>`)
 */
export class ReasoningFilter {
  #mode: Mode = 'speech';
  #held = '';
  #header = '';
  /** Text that is reasoning if a closing tag follows, else the answer; null if that is already known. */
  #undecided: string | null;
  /** Whether there was any reasoning. */
  hasReasoned = false;
  #hasSpoken = false;
  /** Opening tags within the reasoning that are not closed yet. */
  #opensAgain = 0;
  /** Whether there was a closing tag without an opening one: the model's text begins inside its reasoning. */
  closedUnopened = false;

  /**
   * `opensInside`: the text is expected to begin inside the reasoning, since the chat template contains the opening
   * tag.
   */
  constructor(opensInside = false) {
    this.#undecided = opensInside ? '' : null;
  }

  /** Takes more of the answer's text. */
  push(text: string): LlmEvent[] {
    if (this.#held === '' && !mayBegin.test(text)) return this.#give(text);
    return this.#scan(this.#held + text, false);
  }

  /** Takes reasoning that came separately; so the text itself is the answer. */
  pushReasoning(text: string): LlmEvent[] {
    this.hasReasoned = true;
    const decided = this.#decide();
    return text === '' ? decided : [...decided, { type: 'reasoning', text }];
  }

  /** Ends the answer: held text becomes text of the answer, or reasoning if `isCutReasoning`. */
  end(isCutReasoning = false): LlmEvent[] {
    const rest = this.#scan(this.#held, true);
    const thought = this.#undecided;
    if (isCutReasoning && thought) {
      this.#undecided = null;
      return [...rest, { type: 'reasoning', text: thought }];
    }
    return [...rest, ...this.#decide()];
  }

  #scan(text: string, isLast: boolean): LlmEvent[] {
    const events: LlmEvent[] = [];
    this.#held = '';
    let from = 0;
    for (let at = next(text, 0); at >= 0; at = next(text, at)) {
      const marker = markerAt(text, at);
      if (marker === 'unfinished') {
        if (isLast) break;
        events.push(...this.#give(text.slice(from, at)));
        this.#held = text.slice(at);
        return events;
      }
      if (marker === null) {
        at++;
        continue;
      }
      events.push(...this.#give(text.slice(from, at)), ...this.#mark(marker.kind));
      from = at += marker.length;
    }
    events.push(...this.#give(text.slice(from)));
    return events;
  }

  #mark(kind: string): LlmEvent[] {
    switch (kind) {
      case 'opening':
        if (this.#mode === 'reasoning' && !this.#hasSpoken) this.#opensAgain++;
        this.hasReasoned = true;
        this.#mode = 'reasoning';
        return this.#decide();
      case 'closing':
        return this.#close();
      case 'header':
        this.#mode = 'header';
        return this.#decide();
      case 'message':
        // A role without a channel is the answer.
        this.#mode = /analysis|commentary/.test(this.#header) ? 'reasoning' : 'speech';
        this.hasReasoned ||= this.#mode === 'reasoning';
        this.#header = '';
        return [];
      case 'end':
        this.#mode = 'speech';
        return [];
      default:
        return [];
    }
  }

  #close(): LlmEvent[] {
    const wasOpen = this.#mode === 'reasoning';
    this.#mode = 'speech';
    if (wasOpen) return [];
    if (this.hasReasoned) return this.#closeAgain();
    this.hasReasoned = true;
    this.closedUnopened = true;
    const text = this.#undecided;
    this.#undecided = null;
    if (text !== null) return text === '' ? [] : [{ type: 'reasoning', text }];
    return this.#takeBack();
  }

  /** What was given as text turned out to be reasoning. */
  #takeBack(): LlmEvent[] {
    if (!this.#hasSpoken) return [];
    this.#hasSpoken = false;
    return [{ type: 'reasoning', text: '', soFar: true }];
  }

  /** A second closing tag: if the reasoning was opened twice, the text since the first one was still part of it. */
  #closeAgain(): LlmEvent[] {
    if (this.#opensAgain === 0) return [];
    this.#opensAgain--;
    return this.#takeBack();
  }

  #decide(): LlmEvent[] {
    const text = this.#undecided;
    this.#undecided = null;
    return text === null ? [] : this.#give(text);
  }

  #give(text: string): LlmEvent[] {
    if (text === '') return [];
    switch (this.#mode) {
      case 'header':
        this.#header += text;
        return [];
      case 'reasoning':
        return [{ type: 'reasoning', text }];
      case 'speech': {
        if (this.#undecided !== null) {
          this.#undecided += text;
          return [];
        }
        // Blank lines after the reasoning are not part of the answer.
        const said = this.hasReasoned && !this.#hasSpoken ? text.trimStart() : text;
        if (said === '') return [];
        this.#hasSpoken = true;
        return [{ type: 'token', text: said }];
      }
    }
  }
}

/** The first position at or after `from` where a marker may begin; -1 if there is none. */
function next(text: string, from: number): number {
  const at = text.slice(from).search(mayBegin);
  return at < 0 ? at : from + at;
}

interface Marker {
  readonly kind: string;
  readonly length: number;
}

/** The marker at this position; `unfinished` if the text is too short to tell, null for none. */
function markerAt(text: string, at: number): Marker | 'unfinished' | null {
  const tag = tagAt(text, at, names);
  // A self-closing tag encloses nothing.
  if (tag !== null && tag !== 'unfinished')
    return { kind: tag.kind === 'empty' ? 'silent' : tag.kind, length: tag.length };
  return fixedMarkerAt(text, at) ?? tag;
}

function fixedMarkerAt(text: string, at: number): Marker | 'unfinished' | null {
  const ahead = text.slice(at, at + longest).toLowerCase();
  for (let length = 1; length <= ahead.length; length++) {
    const part = ahead.slice(0, length);
    const kind = kinds.get(part);
    if (kind !== undefined) return { kind, length };
    if (!beginnings.has(part)) return null;
  }
  return 'unfinished';
}
