/** What Google's own models require, as of December 2026. */

/** The fastest model, which thinks least. Source: https://ai.google.dev/gemini-api/docs/models */
export const defaultModel = 'gemini-3.5-flash-lite';

export const thinkingLevels = ['minimal', 'low', 'medium', 'high'] as const;
export type ThinkingLevel = (typeof thinkingLevels)[number];

/** How much a model thinks: by level since Gemini 3, by tokens before; null: not set. */
export type Thinking = { readonly thinkingLevel: ThinkingLevel } | { readonly thinkingBudget: number } | null;

/**
 * The least that a model can think. `minimal` is refused by Gemini 3.7, 3.8 and all Pro models, and levels by Gemini 2.5,
 * whose Pro needs at least 128 tokens.
 *
 * Sources: https://ai.google.dev/gemini-api/docs/generate-content/thinking; for the refusals theJayTea/WritingTools issue
 * 282, RooCodeInc/Roo-Code issue 10700
 */
export function leastThinking(model: string): Thinking {
  if (/^gemini-2\.5-pro/.test(model)) return { thinkingBudget: 128 };
  if (/^gemini-2\.5-/.test(model)) return { thinkingBudget: 0 };
  if (!/^gemini-(?:[3-9]|\w+-latest|flash-lite-latest)/.test(model)) return null;
  return /flash-lite|^gemini-3-flash|^gemini-3\.[0-6]-flash/.test(model)
    ? { thinkingLevel: 'minimal' }
    : { thinkingLevel: 'low' };
}

/** What to try after the service refused this; null: nothing is left. */
export function thinkingAfter(thinking: Thinking): Thinking | 'none' {
  if (thinking === null) return 'none';
  return 'thinkingLevel' in thinking && thinking.thinkingLevel === 'minimal'
    ? { thinkingLevel: 'low' }
    : null;
}

/** Whether the model refuses tool calls without a thought signature: since Gemini 3. */
export function needsSignatures(model: string): boolean {
  return !/^gemini-(?:1|2)\b|^gemma|^learnlm/.test(model);
}

/** A model to suggest instead of one that is no longer available. */
export function suggestedModel(gone: string): string {
  return gone === defaultModel ? 'gemini-3.8-flash' : defaultModel;
}
