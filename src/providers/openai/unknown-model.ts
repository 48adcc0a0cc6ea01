import { suggestedModel } from './known-models.js';
import type { ServiceTraits } from './service-traits.js';

/** Fields of the SDK's errors. */
interface Refusal {
  readonly status?: unknown;
  readonly code?: unknown;
  readonly type?: unknown;
  readonly message?: unknown;
}

const codes = new Set<unknown>([
  'model_not_found',
  'model_decommissioned',
  'model_not_available',
  'model_deprecated',
  'invalid_model',
  'model_not_supported',
  'DeploymentNotFound',
]);
const words =
  /\bno endpoints found for\b|^(?:\d{3} )?models\/\S{1,200} is not found|\b(?:the model|model '?[\w./:-]{1,80}'?) (?:is no longer available|was retired|has reached (?:its )?end of life)|\bunsupported model: |\bmodel\b.{0,120}\b(?:(?:does )?not (?:exist|found)|deprecated|decommissioned|not available|is retired|shut down|not a valid)|\b(?:no such|invalid|unknown) model\b|is not a valid model/i;

/**
 * Whether a server says that the model does not exist (any more): OpenAI's `model_not_found`, Groq's
 * `model_decommissioned`, or the messages of vLLM, Ollama, Gemini, Mistral, OpenRouter and DeepSeek.
 */
export function isUnknownModel(thrown: unknown): boolean {
  const { status, code, type, message } = thrown as Refusal;
  if (status !== 400 && status !== 403 && status !== 404 && status !== 410 && status !== 422) return false;
  return codes.has(code) || codes.has(type) || (status !== 403 && words.test(String(message)));
}

/** The error message: the model, the server's words, and the remedy. */
export function unknownModelMessage(
  said: string,
  { provider, model, isOwnService, service }: UnknownModelContext,
): string {
  const sentence = said.replace(/^\d{3} /, '').trimEnd();
  const what = sentence.endsWith('.') ? sentence : `${sentence}.`;
  const remedy = service.modelRemedy?.(model) ?? usualRemedy(model, isOwnService);
  return `${provider} does not have the model '${model}': ${what} ${remedy}`;
}

interface UnknownModelContext {
  readonly provider: string;
  readonly model: string;
  readonly isOwnService: boolean;
  readonly service: Pick<ServiceTraits, 'modelRemedy'>;
}

function usualRemedy(model: string, isOwnService: boolean): string {
  return isOwnService
    ? `Name a current one as llm.model, for example '${suggestedModel(model)}'.`
    : 'Name one that the server has as llm.model; its GET /models lists them.';
}
