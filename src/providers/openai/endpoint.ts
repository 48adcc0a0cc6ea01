import { withoutTrailingSlashes } from '../../network/base-url.js';
import { openAiService, type ServiceTraits } from './service-traits.js';

/** An API's address, and how its server expects the key. */
export interface Endpoint {
  /** Without query and without a method's path. */
  readonly baseUrl: string;
  /** Added to every request, for example Azure's `api-version`. */
  readonly query: Readonly<Record<string, string>>;
  readonly keyHeader: 'authorization' | 'api-key';
  /** Whether it is OpenAI's own service, whose organisation, project and headers come from the environment. */
  readonly isOwnService: boolean;
  /** Scheme, host and port. */
  readonly origin: string;
}

/**
 * Reads a base URL. It may have a query; a method's path at its end is removed, since Azure's portal shows
 * `https://NAME.openai.azure.com/openai/deployments/MODEL/chat/completions?api-version=…`. An address without a path gets
 * the service's own.
 *
 * Source: https://learn.microsoft.com/azure/ai-services/openai/reference
 */
export function endpointOf(
  given: string,
  { path: servicePath, keyHeader }: Pick<ServiceTraits, 'path' | 'keyHeader'> = openAiService,
): Endpoint {
  const url = new URL(given);
  if (servicePath !== null && isWithoutPath(url)) url.pathname = servicePath;
  const path = withoutTrailingSlashes(url.pathname).replace(
    /\/(?:chat\/completions|responses|completions)$/,
    '',
  );
  return {
    baseUrl: `${url.protocol}//${credentialsOf(url)}${url.host}${path}`,
    query: Object.fromEntries(url.searchParams),
    keyHeader:
      keyHeader ??
      (isAzureDeployment(url) || url.searchParams.has('api-version') ? 'api-key' : 'authorization'),
    isOwnService: /(?:^|\.)api\.openai\.com$/.test(url.hostname),
    origin: url.origin,
  };
}

/** Whether it is one of Azure's classic URLs, which name a deployment and expect the key in the `api-key` header. */
export function isAzureDeployment(url: URL): boolean {
  return /\/openai\/deployments\/[^/]+/i.test(url.pathname);
}

/** Whether it is only the address of a resource at Azure, as its portal shows it, without a path to the API. */
export function isAzureResource(url: URL): boolean {
  return /\.openai\.azure\.(?:com|us|cn)$/.test(url.hostname) && isWithoutPath(url);
}

/** Azure's portal also shows addresses that end with `/openai`. */
function isWithoutPath({ pathname }: URL): boolean {
  return /^\/(?:openai\/?)?$/i.test(pathname);
}

function credentialsOf({ username, password }: URL): string {
  return username === '' ? '' : `${username}${password === '' ? '' : `:${password}`}@`;
}
