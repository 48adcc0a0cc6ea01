import { cachePrefixes, type AnthropicBody } from './anthropic-request.js';
import type { WireInput } from './anthropic-wire.js';

/** Characters of a token, on average. */
const charsPerToken = 4;

/**
 * Counts what a request's input costs: the service reads the longest marked beginning that it has seen, writes up to the last
 * mark, and takes the rest as plain input. Beginnings that are too short are not cached.
 *
 * Source: https://platform.claude.com/docs/en/build-with-claude/prompt-caching
 */
export class PromptCache {
  readonly #minTokens: number;
  readonly #seen = new Set<string>();

  constructor(minTokens: number) {
    this.#minTokens = minTokens;
  }

  /** The cost of a request with this body, which has `chars` characters. */
  costOf(body: AnthropicBody, chars: number): WireInput {
    const prefixes = cachePrefixes(body).filter((prefix) => tokensIn(prefix) >= this.#minTokens);
    const known = [...this.#seen].filter((seen) => prefixes.some((prefix) => prefix.startsWith(seen)));
    const read = Math.max(0, ...known.map(tokensIn));
    const marked = Math.max(0, ...prefixes.map(tokensIn));
    for (const prefix of prefixes) this.#seen.add(prefix);
    const written = Math.max(0, marked - read);
    return { plain: Math.max(1, Math.ceil(chars / charsPerToken) - written - read), written, read };
  }
}

function tokensIn(text: string): number {
  return Math.ceil(text.length / charsPerToken);
}
