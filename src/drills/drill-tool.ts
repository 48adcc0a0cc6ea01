/** The tool of drills in which the connection breaks while a tool runs, and a model that calls it. */
import { z } from 'zod';
import { delay, type Clock } from '../core/clock.js';
import type { LanguageModel } from '../providers/language-model.js';
import type { AgentTools } from '../session/agent-tools.js';

const toolName = 'find_free_days';
/** Words that the appointment desk does not say here: the caller hears them only if the answer has the result. */
const result = 'Tuesday and Friday are free.';
/** How long the tool runs, on the call's clock. */
export const drillToolMs = 800;

/** The agent's tools; `onRun` is called with each run. */
export function drillTools(clock: Clock, onRun: () => void): AgentTools {
  return {
    [toolName]: {
      description: 'Finds the days that have a free appointment.',
      parameters: z.object({}),
      execute: async (_args: unknown, { signal }) => {
        onRun();
        await delay(clock, drillToolMs, signal);
        return result;
      },
    },
  };
}

/** Calls the tool, where it is offered, before the conversation's first answer; says the result and then what `model` says. */
export function callingDrillTool(model: LanguageModel): LanguageModel {
  return {
    name: model.name,
    async *generate(request) {
      const { messages, tools } = request;
      const isOffered = tools.some(({ name }) => name === toolName);
      if (isOffered && !messages.some(({ role }) => role === 'tool')) {
        yield { type: 'tool_call', call: { id: 'call_drill', name: toolName, arguments: '{}' } };
        yield { type: 'done', finishReason: 'tool_calls' };
        return;
      }
      const latest = messages.at(-1);
      if (latest?.role === 'tool') yield { type: 'token', text: `${latest.content} ` };
      yield* model.generate(request);
    },
  };
}
