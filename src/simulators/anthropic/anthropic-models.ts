/** What a model accepts, and how `GET /v1/models/{id}` describes it. */
export interface SimulatedClaude {
  readonly id: string;
  /** The `thinking.type`s that it accepts. */
  readonly thinking: readonly ('adaptive' | 'disabled' | 'between_tools' | 'enabled')[];
  /** Whether it thinks if the request does not mention thinking. */
  readonly thinksUnasked: boolean;
  readonly takesEffort: boolean;
  /** Whether it accepts `temperature` and `top_p`; none accepts both at once. */
  readonly takesSampling: boolean;
  readonly takesForcedTools: boolean;
  /** Whether a conversation may end with a message of the assistant. */
  readonly takesPrefill: boolean;
  /** Day of its retirement, YYYY-MM-DD; null if none is planned. */
  readonly retiresAt: string | null;
}

const current = {
  thinksUnasked: true,
  takesEffort: true,
  takesSampling: false,
  takesForcedTools: true,
  takesPrefill: false,
  retiresAt: null,
} as const;

const older = {
  thinking: ['disabled', 'enabled'],
  thinksUnasked: false,
  takesEffort: false,
  takesSampling: true,
  takesForcedTools: true,
  takesPrefill: true,
  retiresAt: null,
} as const;

/**
 * One model of each behaviour.
 *
 * Sources: https://platform.claude.com/docs/en/models/haiku-5-5/migration-guide and its siblings; the tables of
 * skills/claude-api/SKILL.md of https://github.com/anthropics/skills
 */
export const currentClaudes: readonly SimulatedClaude[] = [
  { ...current, id: 'claude-haiku-5-5', thinking: ['adaptive', 'disabled'] },
  {
    ...current,
    id: 'claude-sonnet-5-5',
    thinking: ['adaptive', 'between_tools'],
    takesForcedTools: false,
  },
  { ...current, id: 'claude-sonnet-5', thinking: ['adaptive', 'disabled'] },
  { ...current, id: 'claude-opus-5-5', thinking: ['adaptive'], takesForcedTools: false },
  {
    ...current,
    id: 'claude-sonnet-4-6',
    thinking: ['adaptive', 'disabled', 'enabled'],
    thinksUnasked: false,
    takesSampling: true,
  },
  { ...older, id: 'claude-haiku-4-5' },
];

/** The simulator's models; null if it accepts any. A name stands for a model like the default one. */
export function claudesOf(
  given: 'any' | readonly (string | SimulatedClaude)[] | undefined,
): readonly SimulatedClaude[] | null {
  if (given === 'any') return null;
  return (given ?? currentClaudes).map((model) => (typeof model === 'string' ? likeDefault(model) : model));
}

export function likeDefault(id: string): SimulatedClaude {
  return { ...current, id, thinking: ['adaptive', 'disabled'] };
}

/** The model as JSON. Source: the type `ModelInfo` of @anthropic-ai/sdk 1.14 */
export function claudeObject({ id, thinking, takesEffort, retiresAt }: SimulatedClaude): object {
  const supports = (type: (typeof thinking)[number]): object => ({ supported: thinking.includes(type) });
  return {
    id,
    type: 'model',
    display_name: id,
    created_at: '2026-10-07T00:00:00Z',
    lifecycle: retiresAt === null ? 'active' : 'deprecated',
    deprecated_at: null,
    retires_at: retiresAt === null ? null : `${retiresAt}T00:00:00Z`,
    max_input_tokens: 1_000_000,
    max_tokens: 128_000,
    capabilities: {
      effort: { supported: takesEffort },
      thinking: {
        supported: true,
        types: {
          adaptive: supports('adaptive'),
          between_tools: supports('between_tools'),
          disabled: supports('disabled'),
          enabled: supports('enabled'),
        },
      },
    },
  };
}
