// A model over HTTP: the request posts the conversation; the answer is one line of JSON for each piece.
import { defineProvider } from 'hzrelay';
import { z } from 'zod';
import { acmeKey, authorised, disconnected, probeOf, request } from './acme.mjs';

/** The known fields of a line; others are ignored. */
const lineSchema = z.object({
  text: z.string().optional(),
  tool: z.object({ id: z.string(), name: z.string(), input: z.unknown() }).optional(),
  end: z.string().optional(),
});

/**
 * @param {{ apiKey: string, baseUrl?: string, model?: string, temperature?: number }} options
 * @returns {import('hzrelay').LanguageModel}
 */
export function acmeModel({ apiKey, baseUrl = acmeKey.service, model = 'acme-1', temperature }) {
  return {
    name: 'acme',
    model,
    probe: probeOf('llm', { apiKey, baseUrl }),
    async *generate({ messages, tools, signal }) {
      const response = await request('llm', `${baseUrl}/answer`, {
        method: 'POST',
        headers: { ...authorised(apiKey), 'content-type': 'application/json' },
        body: JSON.stringify({ model, temperature, messages, tools }),
        signal,
      });
      let called = false;
      for await (const { text, tool, end } of linesOf(response, signal)) {
        if (signal.aborted) return; // Drop what has already arrived.
        if (text) yield { type: 'token', text };
        if (tool) {
          called = true;
          const call = { id: tool.id, name: tool.name, arguments: JSON.stringify(tool.input ?? {}) };
          yield { type: 'tool_call', call };
        }
        if (end === undefined) continue;
        yield { type: 'done', finishReason: called ? 'tool_calls' : end === 'length' ? 'length' : 'stop' };
        return;
      }
      throw disconnected('llm'); // The answer stopped before its last line.
    },
  };
}

/** The valid lines of an answer. */
async function* linesOf({ body }, signal) {
  let rest = '';
  try {
    for await (const piece of body.pipeThrough(new TextDecoderStream())) {
      const lines = `${rest}${piece}`.split('\n');
      rest = lines.pop();
      yield* lines.flatMap(parsed);
    }
  } catch (thrown) {
    throw signal.aborted ? thrown : disconnected('llm', thrown);
  }
}

/** Parses a line; an invalid line is skipped and does not end the answer. */
function parsed(line) {
  try {
    const { success, data } = lineSchema.safeParse(JSON.parse(line));
    return success ? [data] : [];
  } catch {
    return [];
  }
}

export const acmeLlm = defineProvider({
  kind: 'llm',
  name: 'acme',
  title: 'Acme',
  key: acmeKey,
  fields: { model: z.string().optional(), temperature: z.number().min(0).max(2).optional() },
  recordable: ['model', 'temperature'],
  create: (config) => acmeModel(config),
});
