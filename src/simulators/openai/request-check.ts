/** Refuses well-formed requests that the service, or the simulated kind of server, refuses. */
import { templateRefusal, type SimulatedTemplate } from './chat-template.js';
import type { OpenAiDialect } from './openai-dialect.js';
import type { SentError } from './openai-http.js';
import type { SimulatedModel } from './openai-models.js';
import { extraFields } from './openai-request.js';
import type { OpenAiRequest } from './openai-script.js';
import { thoughtSignature } from './openai-wire.js';

export interface RequestCheck {
  readonly dialect: OpenAiDialect;
  readonly models: readonly SimulatedModel[] | null;
  readonly template: SimulatedTemplate | undefined;
  readonly unknownFields: readonly string[];
  /** Tool calls that must come back with their signature. */
  readonly signed: ReadonlySet<string>;
}

/** A refusal: an error in the service's wording, or a body of another server. */
export type Refusal = (
  { readonly error: SentError } | { readonly status: number; readonly body: object; readonly message: string }
) & {
  /** Whether it counts as a mistake of the client. */
  readonly isMistake: boolean;
};

/** Why the request is refused; null if it is not. */
export function refusalOf(request: OpenAiRequest, check: RequestCheck): Refusal | null {
  const { model, body, api, tools } = request;
  const { dialect, models, template, unknownFields } = check;
  const unknown = unknownFields.find((name) => name in body);
  // Clients ask in OpenAI's form first; a refusal of that form is not a client mistake.
  if (unknown !== undefined)
    return { error: badRequest(`Unrecognized request argument supplied: ${unknown}`), isMistake: false };
  const refused = dialect.refusal(body);
  if (refused !== null) return { error: badRequest(refused), isMistake: true };
  const refusal = template && templateRefusal(template, request.messages);
  if (refusal) return { ...refusal, message: '', isMistake: false };
  if (models && !models.some(({ id }) => id === model))
    return { error: dialect.unknownModel(model), isMistake: true };
  // Source: openai/openai-openapi issue 541, BerriAI/litellm pull request 34569
  if (
    api === 'chat' &&
    tools.length > 0 &&
    /^gpt-(?:5\.\d|6)/.test(model) &&
    body.reasoning_effort !== 'none'
  ) {
    const message =
      `Function tools with reasoning_effort are not supported for ${model} in /v1/chat/completions. ` +
      "To use function tools, use /v1/responses or set reasoning_effort to 'none'.";
    return { error: badRequest(message), isMistake: true };
  }
  return refusedExtras(request, check.signed);
}

/** Signed calls must come back unchanged (Gemini's error text); other calls must have no extra fields. */
function refusedExtras(request: OpenAiRequest, signed: ReadonlySet<string>): Refusal | null {
  for (const [id, extra] of extraFields(request)) {
    const { extra_content: signature, ...unknown } = extra;
    if (signed.has(id) && JSON.stringify(signature) !== JSON.stringify(thoughtSignature(id))) {
      const message = 'Function call is missing a thought_signature in functionCall parts.';
      const body = [{ error: { code: 400, message, status: 'INVALID_ARGUMENT' } }];
      return { status: 400, body, message, isMistake: true };
    }
    const names = [...Object.keys(unknown), ...(!signed.has(id) && signature ? ['extra_content'] : [])];
    if (names.length > 0) {
      const message = `Unknown parameter: '${names[0]}'.`;
      return { error: { status: 400, code: 'unknown_parameter', message }, isMistake: true };
    }
  }
  return null;
}

function badRequest(message: string): SentError {
  return { status: 400, code: null, message };
}
