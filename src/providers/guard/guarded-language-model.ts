import type { LanguageModel, LlmEvent, LlmRequest } from '../language-model.js';
import { described, isObject, needs, unknownType } from '../shape.js';
import { discard } from './discard.js';
import type { Vendor } from './vendor.js';
import { vendorIncidents } from './vendor-incidents.js';
import { vendorUsage } from './vendor-usage.js';
import { vendorMembers } from './vendor-members.js';

const finishReasons: readonly unknown[] = ['stop', 'tool_calls', 'length'];

/** A model of the user's own, held to the contract: whatever breaks it becomes a ProviderError that says so. */
export function guardedLanguageModel(model: LanguageModel, vendor: Vendor): LanguageModel {
  const { firstTokenTimeoutMs, tokenTimeoutMs, speculative } = model;
  return {
    ...vendorMembers(model, vendor),
    ...(speculative !== undefined && { speculative }),
    ...(firstTokenTimeoutMs !== undefined && { firstTokenTimeoutMs }),
    ...(tokenTimeoutMs !== undefined && { tokenTimeoutMs }),
    generate: (request) => ({
      [Symbol.asyncIterator]: () => {
        const onIncident = vendorIncidents(vendor, request.onIncident);
        const onUsage = vendorUsage(vendor, request.onUsage);
        return guardedParts(partsOf(model, { ...request, onIncident, onUsage }, vendor), vendor);
      },
    }),
  };
}

/** Starts the generation. */
function partsOf(model: LanguageModel, request: LlmRequest, vendor: Vendor): AsyncIterator<unknown> {
  let parts: unknown;
  try {
    parts = model.generate(request);
    if (isObject(parts) && Symbol.asyncIterator in parts)
      return (parts as unknown as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  } catch (thrown) {
    throw vendor.errorOf(thrown);
  }
  discard(parts);
  throw vendor.slip(
    `generate() must return an async iterable at once, as \`async *generate()\` does; it returned ${described(parts)}.`,
  );
}

function guardedParts(parts: AsyncIterator<unknown>, vendor: Vendor): AsyncIterator<LlmEvent> {
  const end = async (): Promise<IteratorResult<LlmEvent>> => {
    try {
      await parts.return?.();
    } catch {
      // The generation is over: its failure changes nothing any more.
    }
    return { done: true, value: undefined };
  };
  return {
    async next() {
      const result = await nextOf(parts, vendor);
      if (result.done === true) return { done: true, value: undefined };
      const problem = problemOf(result.value);
      if (problem === null) return { done: false, value: result.value as LlmEvent };
      void end();
      throw vendor.slip(`generate() gave a wrong part: ${problem}`);
    },
    return: end,
  };
}

async function nextOf(parts: AsyncIterator<unknown>, vendor: Vendor): Promise<IteratorResult<unknown>> {
  let result: unknown;
  try {
    result = await parts.next();
  } catch (thrown) {
    throw vendor.errorOf(thrown);
  }
  if (isObject(result)) return result as unknown as IteratorResult<unknown>;
  throw vendor.slip(
    `the iterator of generate() must resolve with { done, value }; it gave ${described(result)}.`,
  );
}

function problemOf(part: unknown): string | null {
  if (!isObject(part)) return `it is ${described(part)}, not an object with a type.`;
  const { type, text, call, finishReason } = part;
  switch (type) {
    case 'token':
    case 'reasoning':
      return typeof text === 'string' ? null : needs(type, 'text, a string', text);
    case 'tool_call':
      return problemOfCall(call);
    case 'done':
      if (finishReasons.includes(finishReason)) return null;
      return needs(type, "finishReason: 'stop', 'tool_calls' or 'length'", finishReason);
    default:
      return unknownType(type, ['token', 'reasoning', 'tool_call', 'done']);
  }
}

function problemOfCall(call: unknown): string | null {
  if (!isObject(call)) return needs('tool_call', 'call, { id, name, arguments }', call);
  const { id, name, arguments: given } = call;
  if (typeof id !== 'string') return needs('tool_call', 'call.id, a string', id);
  if (typeof name !== 'string') return needs('tool_call', 'call.name, a string', name);
  return typeof given === 'string' ? null : needs('tool_call', 'call.arguments, JSON as a string', given);
}
