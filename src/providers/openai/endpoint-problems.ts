import type { ConfigProblem } from '../../core/errors.js';
import { isAzureDeployment, isAzureResource } from './endpoint.js';
import type { OpenAiOptions } from './openai-options.js';

/** Problems of a model server's address. */
export function endpointProblems(
  {
    api,
    baseUrl: url,
  }: { readonly api?: OpenAiOptions['api'] | undefined; readonly baseUrl?: string | undefined },
  { needsPath = true }: { readonly needsPath?: boolean } = {},
): readonly ConfigProblem[] {
  if (url === undefined) return [];
  const problem = (what: string, remedy: string): readonly ConfigProblem[] => [
    { field: 'baseUrl', problem: what, remedy },
  ];
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url))
    return problem('is not an address.', "Write it like 'http://localhost:11434/v1'.");
  const parsed = new URL(url);
  if (needsPath && isAzureResource(parsed))
    return problem(
      'is a resource at Azure without the path of its API.',
      `Write '${parsed.origin}/openai/v1', or '${parsed.origin}/openai/deployments/MODEL?api-version=2024-10-21'.`,
    );
  if (!isAzureDeployment(parsed)) return [];
  if (api === 'responses')
    return problem(
      'is a deployment at Azure, which has no Responses API.',
      "Write 'https://NAME.openai.azure.com/openai/v1', or leave api out.",
    );
  if (!parsed.searchParams.has('api-version'))
    return problem(
      'is a deployment at Azure without an api-version.',
      'Add it as the portal shows it, for example ?api-version=2024-10-21.',
    );
  return [];
}
