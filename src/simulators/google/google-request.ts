import { z } from 'zod';
import type { ChatMessage, ToolCall } from '../../providers/language-model.js';
import { simulatedModel, thinkingRefusal } from './google-models.js';
import type { GoogleRequest } from './google-script.js';

const text = z.string();
const object = z.record(text, z.unknown());

const part = z.strictObject({
  text: text.min(1).optional(),
  thought: z.boolean().optional(),
  thoughtSignature: text.min(1).optional(),
  functionCall: z
    .strictObject({ id: text.min(1).optional(), name: text.min(1), args: object.optional() })
    .optional(),
  functionResponse: z
    .strictObject({ id: text.min(1).optional(), name: text.min(1), response: object })
    .optional(),
});
type Part = z.infer<typeof part>;

const content = z.strictObject({ role: z.enum(['user', 'model']), parts: z.array(part).min(1) });

/** The keywords of the older `parameters`; any other is refused. */
const openApiSchema: z.ZodType = z.lazy(() =>
  z.strictObject({
    ...Object.fromEntries(
      ['type', 'format', 'title', 'description', 'pattern'].map((name) => [name, text.optional()]),
    ),
    ...Object.fromEntries(
      [
        'nullable',
        'default',
        'example',
        'minimum',
        'maximum',
        'minItems',
        'maxItems',
        'minLength',
        'maxLength',
      ].map((name) => [name, z.unknown()]),
    ),
    enum: z.array(text).optional(),
    required: z.array(text).optional(),
    propertyOrdering: z.array(text).optional(),
    properties: z.record(text, openApiSchema).optional(),
    items: openApiSchema.optional(),
    anyOf: z.array(openApiSchema).optional(),
  }),
);

const declaration = z
  .strictObject({
    name: text.regex(/^[a-zA-Z_][\w.:-]{0,127}$/),
    description: text.optional(),
    parameters: openApiSchema.optional(),
    parametersJsonSchema: z.looseObject({ type: z.literal('object') }).optional(),
  })
  .refine(({ parameters, parametersJsonSchema }) => !parameters || !parametersJsonSchema);

const requestBody = z.strictObject({
  contents: z.array(content).min(1, '* GenerateContentRequest.contents: contents is not specified'),
  systemInstruction: z
    .strictObject({ parts: z.array(z.strictObject({ text: text.min(1) })).min(1) })
    .optional(),
  tools: z.array(z.strictObject({ functionDeclarations: z.array(declaration).min(1) })).optional(),
  toolConfig: z
    .strictObject({
      functionCallingConfig: z.strictObject({
        mode: z.enum(['AUTO', 'ANY', 'NONE', 'VALIDATED']),
        allowedFunctionNames: z.array(text).min(1).optional(),
      }),
    })
    .optional(),
  generationConfig: z
    .looseObject({
      temperature: z.number().min(0).max(2).optional(),
      topP: z.number().min(0).max(1).optional(),
      maxOutputTokens: z.int().positive().optional(),
      thinkingConfig: z
        .strictObject({
          thinkingLevel: text.optional(),
          thinkingBudget: z.int().optional(),
          includeThoughts: z.boolean().optional(),
        })
        .optional(),
    })
    .optional(),
  safetySettings: z
    .array(
      z.strictObject({ category: text.startsWith('HARM_CATEGORY_'), threshold: text.regex(/^BLOCK_|^OFF$/) }),
    )
    .optional(),
  serviceTier: z.enum(['standard', 'priority', 'flex']).optional(),
  cachedContent: text.optional(),
});
type Body = z.infer<typeof requestBody>;
type Content = Body['contents'][number];

/** Switches the check of a signature off. Source: https://ai.google.dev/gemini-api/docs/thought-signatures, its FAQ */
const anySignature = 'skip_thought_signature_validator';

/** Reads a request's body. Throws an Error with the reason why Gemini would refuse it, in its words where they are known. */
export function readGoogleRequest(model: string, json: string): Omit<GoogleRequest, 'headers'> {
  const result = requestBody.safeParse(JSON.parse(json));
  if (!result.success) throw new Error(`Invalid JSON payload received. ${z.prettifyError(result.error)}`);
  const body = result.data;
  const known = simulatedModel(model);
  const refusal = known && thinkingRefusal(known, body.generationConfig?.thinkingConfig);
  if (refusal !== null) throw new Error(refusal);
  if (body.toolConfig && !body.tools)
    throw new Error('Function calling config is set without function_declarations.');
  checkTurns(body.contents);
  const declarations = (body.tools ?? []).flatMap(({ functionDeclarations }) => functionDeclarations);
  const tools = declarations.map(({ name, description = '', parametersJsonSchema, parameters }) => ({
    ...{ name, description },
    parameters: parametersJsonSchema ??
      (parameters as Record<string, unknown> | undefined) ?? { type: 'object' },
  }));
  return { model, messages: messagesOf(body), tools, body };
}

/**
 * The calls whose signature is missing or wrong; `signed`: the signatures that the simulator gave, by the calls' ids. The
 * first call of each turn needs one.
 *
 * Source: https://ai.google.dev/gemini-api/docs/thought-signatures
 */
export function unsignedCalls(
  body: Readonly<Record<string, unknown>>,
  signed: ReadonlyMap<string, string>,
): string[] {
  return (body.contents as readonly Content[]).flatMap(({ parts }, position) => {
    const calls = parts.filter(({ functionCall }) => functionCall);
    return calls.flatMap(({ functionCall, thoughtSignature }, index) => {
      const given = signed.get(functionCall?.id ?? '');
      const isRight =
        given === undefined ? true : thoughtSignature === given || thoughtSignature === anySignature;
      if (isRight && (index > 0 || thoughtSignature !== undefined)) return [];
      const name = functionCall?.name ?? '';
      return `Function call is missing a thought_signature in functionCall parts. Function call \`default_api:${name}\`, position ${position + 1}.`;
    });
  });
}

/** The order of turns. Sources: google-gemini/gemini-cli issue 26486, langchain-ai/langchain issue 27799 */
function checkTurns(contents: readonly Content[]): void {
  let open: Part[] = [];
  for (const [index, { role, parts }] of contents.entries()) {
    parts.forEach((part, at) => checkPart(part, `contents[${index}].parts[${at}]`));
    const calls = parts.filter(({ functionCall }) => functionCall);
    const responses = parts.filter(({ functionResponse }) => functionResponse);
    if (responses.length !== open.length)
      throw new Error(
        open.length === 0
          ? 'Please ensure that function response turn comes immediately after a function call turn.'
          : 'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.',
      );
    const ids = open.map(({ functionCall }) => functionCall?.id);
    if (responses.some(({ functionResponse }) => !ids.includes(functionResponse?.id)))
      throw new Error('A function response has the id of no function call.');
    if (responses.length > 0 && responses.length < parts.length)
      throw new Error('A function response turn has other parts.');
    if (calls.length > 0 && (role !== 'model' || contents[index - 1]?.role !== 'user'))
      throw new Error(
        'Please ensure that function call turn comes immediately after a user turn or after a function response turn.',
      );
    open = calls;
  }
  if (contents[0]?.role !== 'user')
    throw new Error('Please ensure that the first content has the role user.');
  if (contents.at(-1)?.role !== 'user')
    throw new Error(
      'Please ensure that single turn requests end with a user role or the role field is empty.',
    );
}

function checkPart({ text: words, functionCall, functionResponse }: Part, where: string): void {
  const data = [words, functionCall, functionResponse].filter((field) => field !== undefined);
  if (data.length !== 1)
    throw new Error(
      `* GenerateContentRequest.${where}.data: required oneof field 'data' must have one initialized field`,
    );
}

function messagesOf({ contents, systemInstruction }: Body): ChatMessage[] {
  const messages: ChatMessage[] = [];
  if (systemInstruction)
    messages.push({ role: 'system', content: systemInstruction.parts.map((one) => one.text).join('\n\n') });
  for (const { role, parts } of contents) {
    const words = parts.flatMap(({ text: word }) => word ?? []).join('\n');
    if (role === 'model') {
      const toolCalls = parts.flatMap(({ functionCall: call }): ToolCall[] =>
        call
          ? [{ id: call.id ?? call.name, name: call.name, arguments: JSON.stringify(call.args ?? {}) }]
          : [],
      );
      messages.push({ role: 'assistant', content: words, ...(toolCalls.length > 0 && { toolCalls }) });
      continue;
    }
    for (const { functionResponse: given } of parts) {
      if (!given) continue;
      const { output = given.response } = given.response;
      const result = typeof output === 'string' ? output : JSON.stringify(output);
      messages.push({ role: 'tool', toolCallId: given.id ?? given.name, content: result });
    }
    if (words !== '') messages.push({ role: 'user', content: words });
  }
  return messages;
}
