/** What OpenAI's voice and its recogniser share: the address, the headers, and the config's checks. */
import type { ConfigProblem } from '../../../core/errors.js';
import { endpointOf, isAzureResource, type Endpoint } from '../endpoint.js';

/** A server of OpenAI's API, and the key for it. */
export interface AudioService {
  readonly endpoint: Endpoint;
  /** Never shown. */
  readonly apiKey: string;
}

/** The service at `baseUrl`: http, https, ws or wss. Throws a TypeError for an invalid address. */
export function audioService(apiKey: string, baseUrl: string = 'https://api.openai.com/v1'): AudioService {
  return { apiKey, endpoint: endpointOf(baseUrl.replace(/^ws/i, 'http')) };
}

/** The address of a method, such as `/audio/speech`, with the query of the base URL. */
export function methodUrl(
  { endpoint }: AudioService,
  path: string,
  query: Readonly<Record<string, string>> = {},
): string {
  const asked = new URLSearchParams({ ...endpoint.query, ...query }).toString();
  return `${endpoint.baseUrl}${path}${asked === '' ? '' : `?${asked}`}`;
}

/**
 * The headers of every request. The variables OPENAI_ORG_ID and OPENAI_PROJECT_ID are for OpenAI's own service only.
 *
 * Source: https://developers.openai.com/api/reference/overview, "Authentication"
 */
export function serviceHeaders({ endpoint, apiKey }: AudioService): Readonly<Record<string, string>> {
  const { OPENAI_ORG_ID: organization, OPENAI_PROJECT_ID: project } = process.env;
  return {
    ...(endpoint.keyHeader === 'api-key' ? { 'api-key': apiKey } : { authorization: `Bearer ${apiKey}` }),
    ...(endpoint.isOwnService && organization && { 'openai-organization': organization }),
    ...(endpoint.isOwnService && project && { 'openai-project': project }),
  };
}

/** Problems of the config's `baseUrl` and `apiKey`. */
export function serviceProblems({
  apiKey,
  baseUrl,
}: {
  readonly apiKey: string;
  readonly baseUrl?: string | undefined;
}): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  // An HTTP header allows no other characters. The message must not contain the key.
  if (!/^[\x21-\x7e]+$/.test(apiKey))
    problems.push({
      field: 'apiKey',
      problem: 'holds characters that no key has.',
      remedy: 'Copy it again, or set OPENAI_API_KEY.',
    });
  if (baseUrl === undefined) return problems;
  if (!/^(?:https?|wss?):\/\//i.test(baseUrl) || !URL.canParse(baseUrl))
    problems.push({
      field: 'baseUrl',
      problem: 'is not an address.',
      remedy: "Write it like 'https://api.openai.com/v1'.",
    });
  else if (isAzureResource(new URL(baseUrl)))
    problems.push({
      field: 'baseUrl',
      problem: 'is a resource at Azure without the path of its API.',
      remedy: `Write '${new URL(baseUrl).origin}/openai/v1'.`,
    });
  return problems;
}
