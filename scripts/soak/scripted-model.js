/** A language model for hang-ups: slow where the caller is to hang up on it, and fond of tools where it is asked to be. */
import { delay } from '../../dist/clock.js';

/** Talks long enough that everything can happen while it does. */
const longAnswer =
  'I have looked at the calendar for you. There is a free hour on Friday, at three in the afternoon. ' +
  'There is another one on Monday, at ten in the morning. Which of the two would you like?';

/**
 * Takes `thinkingMs` before its first word. With tools it calls the first one before it answers. Its time is the given
 * clock's.
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
