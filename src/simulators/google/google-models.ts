/** The models of the simulated service, and what each accepts. */

interface SimulatedModel {
  /** Levels of thinking; null where the model takes a budget instead, or does not think. */
  readonly levels: readonly string[] | null;
  /** Whether it takes a budget of tokens. */
  readonly budget: boolean;
  /** Whether calls must come back with a signature. */
  readonly signs: boolean;
  /** @default ['generateContent', 'countTokens'] */
  readonly methods?: readonly string[];
}

const all = ['MINIMAL', 'LOW', 'MEDIUM', 'HIGH'];
const notMinimal = ['LOW', 'MEDIUM', 'HIGH'];
const third = { budget: true, signs: true };

/** Sources: https://ai.google.dev/gemini-api/docs/generate-content/thinking and …/models, in November 2026 */
const models: Readonly<Record<string, SimulatedModel>> = {
  'gemini-3.8-flash': { levels: notMinimal, ...third },
  'gemini-3.7-flash': { levels: notMinimal, ...third },
  'gemini-3.6-flash': { levels: all, ...third },
  'gemini-3.5-flash': { levels: all, ...third },
  'gemini-3.5-flash-lite': { levels: all, ...third },
  'gemini-3.1-flash-lite': { levels: all, ...third },
  'gemini-3.1-pro-preview': { levels: notMinimal, ...third },
  'gemini-flash-latest': { levels: notMinimal, ...third },
  'gemini-flash-lite-latest': { levels: all, ...third },
  'gemini-2.5-flash-lite': { levels: null, budget: true, signs: false },
  'gemma-4-31b-it': { levels: null, budget: false, signs: false },
  'gemini-embedding-2': { levels: null, budget: false, signs: false, methods: ['embedContent'] },
};

export function simulatedModel(name: string): SimulatedModel | null {
  return models[name] ?? null;
}

/** A model as `GET /v1beta/models/{model}` describes it. Source: https://ai.google.dev/api/models */
export function modelObject(
  name: string,
  { methods = ['generateContent', 'countTokens'] }: SimulatedModel,
): object {
  return {
    name: `models/${name}`,
    displayName: name,
    inputTokenLimit: 1_048_576,
    outputTokenLimit: 65_536,
    supportedGenerationMethods: methods,
  };
}

/** The refusal of a `thinkingConfig` in Gemini's words; null if the model takes it. */
export function thinkingRefusal(
  { levels, budget }: SimulatedModel,
  config: { readonly thinkingLevel?: string | undefined; readonly thinkingBudget?: number | undefined } = {},
): string | null {
  const { thinkingLevel: level, thinkingBudget } = config;
  if (level !== undefined && thinkingBudget !== undefined)
    return 'You can only set only one of thinking budget and thinking level.';
  if (level !== undefined) {
    if (!levels) return 'Thinking level is not supported for this model.';
    if (!levels.includes(level.toUpperCase()))
      return `Thinking level ${level.toUpperCase()} is not supported for this model. Please retry with other thinking level.`;
  }
  if (thinkingBudget !== undefined && !budget) return 'Thinking budget is not supported for this model.';
  return null;
}
