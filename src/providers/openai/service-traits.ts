/** In what ways services that speak OpenAI's API differ. Data, so that a service is a few lines. */

/** The check of key and model that costs nothing. */
export type FreeCheck =
  /** Requests the model; a server without that route is asked for its list. */
  | 'model'
  /** Requests the list of models first, because ids with a slash may not pass as a path. */
  | 'listed_model'
  /** Requests the key's own record, because the list of models is public. */
  | 'key_record'
  /** Sends a request without messages: it is refused for that, or for the deployment's name before. */
  | 'empty_request';

export interface ServiceTraits {
  /** As people write it. */
  readonly title: string;
  /** The variable that holds the key. */
  readonly keyVariable: string;
  /** The variable that may hold the address. */
  readonly baseUrlVariable: string;
  /** Where accounts get keys and credit. */
  readonly page: string;
  /** The API's address, version included; null if each account has its own. */
  readonly baseUrl: string | null;
  /** The API's path on its server, added to an address without one. Null: addresses are used as they are. */
  readonly path: string | null;
  /** @default 'authorization', or `api-key` for Azure's classic addresses */
  readonly keyHeader?: 'api-key';
  /** The chat API's field for the maximum length. */
  readonly lengthField: 'max_tokens' | 'max_completion_tokens';
  readonly check: FreeCheck;
  /** What to do about an unknown model. */
  readonly modelRemedy?: (model: string) => string;
  /** What to do if nothing listens at the address. */
  readonly refusedRemedy?: string;
}

/** OpenAI's own service, and any server whose address stands in its place. */
export const openAiService: ServiceTraits = {
  title: 'OpenAI',
  keyVariable: 'OPENAI_API_KEY',
  baseUrlVariable: 'OPENAI_BASE_URL',
  page: 'https://platform.openai.com/settings/organization/billing',
  baseUrl: 'https://api.openai.com/v1',
  path: null,
  lengthField: 'max_completion_tokens',
  check: 'model',
};
