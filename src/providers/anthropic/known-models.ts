/** What Anthropic's own models require, as of December 2026. */

/** The fastest current model. Source: https://platform.claude.com/docs/en/models/haiku-5-5/overview */
export const defaultModel = 'claude-haiku-5-5';

/**
 * How a request asks a model not to think. `unsaid`: by leaving `thinking` out; `disabled` and `between_tools`: by that
 * `thinking.type`; `least`: the model always thinks, so it is asked for the lowest effort.
 */
export type ThinkingOff = 'unsaid' | 'disabled' | 'between_tools' | 'least';

/**
 * How this model is asked not to think. Models of version 5 and later think unless they are told not to. A newer model than
 * those below is asked as its predecessor; if it refuses, {@link thinkingOffAfter} names the next form.
 *
 * Sources: the migration guides at https://platform.claude.com/docs/en/about-claude/models/migration-guide, and the table
 * "Thinking & Effort" in skills/claude-api/SKILL.md of https://github.com/anthropics/skills
 */
export function thinkingOffOf(model: string): ThinkingOff {
  const found = /claude-(opus|sonnet|haiku|fable|mythos)-(\d{1,2})(?:-(\d{1,2}))?(?!\d)/.exec(model);
  if (!found) return 'unsaid';
  const [, line, major, minor = '0'] = found;
  const version = Number(major) * 100 + Number(minor);
  if (line === 'fable' || line === 'mythos') return 'least';
  if (version < 500) return 'unsaid';
  if (version < 505 || line === 'haiku') return 'disabled';
  return line === 'opus' ? 'least' : 'between_tools';
}

/** The form to try after the server refused this one; null if there is none. */
export function thinkingOffAfter(refused: ThinkingOff): ThinkingOff | null {
  const next = { disabled: 'between_tools', between_tools: 'least', least: 'unsaid', unsaid: null } as const;
  return next[refused];
}

/** A model to suggest instead of one that is no longer available. */
export function suggestedModel(gone: string): string {
  return gone === defaultModel ? 'claude-sonnet-5-5' : defaultModel;
}
