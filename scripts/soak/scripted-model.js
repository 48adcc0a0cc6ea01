/** A language model for hang-ups: slow to start, and with a tool call if tools are given. */
import { delay } from '../../dist/core/clock.js';

/** Long enough for every stage to happen while it is spoken. */
const longAnswer =
  'I have looked at the calendar for you. There is a free hour on Friday, at three in the afternoon. ' +
  'There is another one on Monday, at ten in the morning. Which of the two would you like?';

/**
 * Waits `thinkingMs` on the given clock before its first word. With tools it calls the first one before it answers.
 */
export function scriptedModel(clock, thinkingMs) {
  return {
    name: 'scripted',
    async *generate({ messages, tools, signal }) {
      await delay(clock, thinkingMs, signal);
      const [tool] = tools;
      if (tool && messages.at(-1)?.role !== 'tool') {
        yield {
          type: 'tool_call',
          call: { id: `call-${messages.length}`, name: tool.name, arguments: '{}' },
        };
        yield { type: 'done', finishReason: 'tool_calls' };
        return;
      }
      for (const word of longAnswer.split(/(?<= )/)) yield { type: 'token', text: word };
      yield { type: 'done', finishReason: 'stop' };
    },
  };
}
