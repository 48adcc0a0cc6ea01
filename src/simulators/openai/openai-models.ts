/** A model, as in `GET /v1/models/{model}`. */
export interface SimulatedModel {
  readonly id: string;
  /** Announced day of its shutdown, YYYY-MM-DD; null if there is none. */
  readonly shutdownDate: string | null;
}

/**
 * OpenAI's text models in November 2026.
 *
 * Source: https://developers.openai.com/api/docs/deprecations and the API reference's list of models
 */
export const currentModels: readonly SimulatedModel[] = [
  ...[
    'gpt-6-luna',
    'gpt-6-sol',
    'gpt-6-astra',
    'gpt-6.1-sol',
    'gpt-6.1-terra',
    'gpt-5.6-luna',
    'gpt-5.6-terra',
  ].map((id) => ({ id, shutdownDate: null })),
  { id: 'gpt-5.1', shutdownDate: '2027-04-01' },
  { id: 'gpt-5-mini', shutdownDate: '2026-12-11' },
  ...['gpt-4o', 'gpt-4o-mini', 'gpt-4.1', 'gpt-4.1-mini'].map((id) => ({ id, shutdownDate: '2027-01-14' })),
];

/** The simulator's models; null if it accepts any. */
export function modelsOf(
  given: 'any' | readonly (string | SimulatedModel)[],
): readonly SimulatedModel[] | null {
  if (given === 'any') return null;
  return given.map((model) => (typeof model === 'string' ? { id: model, shutdownDate: null } : model));
}

/** The model as JSON. */
export function modelObject({ id, shutdownDate }: SimulatedModel): object {
  return { id, object: 'model', created: 0, owned_by: 'system', shutdown_date: shutdownDate };
}
