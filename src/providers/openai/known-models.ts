/** What OpenAI's own models require, as of November 2026. */

/**
 * Answers without reasoning and costs little. Source: https://developers.openai.com/api/docs/deprecations, which names
 * it as successor
 */
export const defaultModel = 'gpt-6-luna';

/** How much a model may reason before it answers. */
export type ReasoningEffort = 'none' | 'minimal';

/**
 * The lowest `reasoning_effort` of this model; null for models that do not reason or that are not OpenAI's. The
 * families 5.x and 6.x reason at medium effort by default, and refuse tools on chat completions unless the effort is
 * `none`; the lowest effort of the first `gpt-5` is `minimal`.
 *
 * Source: https://developers.openai.com/api/docs/guides/reasoning, and openai/openai-openapi issue 541
 */
export function leastEffort(model: string): ReasoningEffort | null {
  const name = model.replace(/^(?:openai|azure)\//, '');
  if (!/^gpt-[56](?:[.-]|$)/.test(name) || /chat|codex|pro(?:-|$)/.test(name)) return null;
  return /^gpt-5(?:-|$)/.test(name) ? 'minimal' : 'none';
}

/** A model to suggest instead of one that is no longer available. */
export function suggestedModel(gone: string): string {
  return gone === defaultModel ? 'gpt-6.1-terra' : defaultModel;
}

/**
 * Guesses by a model's name whether its chat template opens the reasoning itself, so that the answer's text begins
 * inside the reasoning. The model's answers correct the guess.
 */
export function isLikelyToOpenInReasoning(model: string): boolean {
  return /(?:^|[-/_:.])(?:r1|qwq|z1|thinking|reasoning|reasoner|think)(?:[-_:.]|$)/i.test(model);
}
