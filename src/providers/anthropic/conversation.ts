/**
 * Writes a conversation in the form that the Messages API takes: the system prompt apart; user and assistant alternate,
 * beginning and ending with the user; no text is blank; each tool call is followed by its result.
 *
 * Sources: https://platform.claude.com/docs/en/api/messages/create, …/docs/en/agents-and-tools/tool-use/handle-tool-calls,
 * and the API's refusals as users report them, for example lobehub/lobehub issues 1601 and 1496, anthropics/claude-code
 * issue 1831 and aliasrobotics/cai issue 182
 */
import type { ChatMessage, ToolCall } from '../language-model.js';
import type { ContentBlock } from './anthropic-messages.js';
import { inputOf, isThought } from './message-answer.js';

export interface WireMessage {
  readonly role: 'user' | 'assistant';
  readonly content: readonly ContentBlock[];
}

export interface WireConversation {
  /** The system prompt; empty if there is none. */
  readonly system: string;
  readonly messages: readonly WireMessage[];
  /** Whether thinking is possible: models refuse it where the last tool calls have lost theirs. */
  readonly canThink: boolean;
}

/** What an agent's greeting answers: the service needs a message of the user first. */
const callBegins = '(The caller is on the line.)';
/** Comes after an answer that is to be continued: the service needs a message of the user last. */
const goOn = '(Please go on.)';
const noResult = 'There is no result: the call of the tool was cut off.';

/** Converts the conversation. Thinking goes back only to the model and the server, `origin`, that it came from. */
export function wireConversation(
  messages: readonly ChatMessage[],
  server: { readonly origin: string; readonly model: string },
): WireConversation {
  const start = messages.findIndex(({ role }) => role !== 'system');
  const head = start < 0 ? messages : messages.slice(0, start);
  const writer = new TurnWriter();
  const rest = start < 0 ? [] : messages.slice(start);
  const lastWords = rest.findLastIndex(({ role }) => role === 'user' || role === 'system');
  let canThink = true;
  for (const [index, message] of rest.entries()) {
    switch (message.role) {
      case 'system':
        // Not every model takes instructions in the middle of a conversation.
        writer.say('user', `(${message.content})`);
        break;
      case 'tool':
        writer.answer(message.toolCallId, message.content);
        break;
      case 'user':
        writer.say('user', message.content);
        break;
      case 'assistant': {
        const { content, toolCalls = [] } = message;
        if (toolCalls.length === 0) {
          writer.say('assistant', content);
          break;
        }
        // Thinking is needed until the caller speaks again, and accepted only while nothing before it changes.
        const kept = index > lastWords ? keptAnswer(toolCalls, server) : null;
        if (index > lastWords && !kept) canThink = false;
        writer.call(content, toolCalls, kept);
      }
    }
  }
  return {
    system: head
      .map(({ content }) => content)
      .filter((text) => text.trim() !== '')
      .join('\n\n'),
    messages: writer.finished(),
    canThink,
  };
}

/** The blocks of the answer that made these calls, with its thinking; null if the calls are another's or incomplete. */
function keptAnswer(
  calls: readonly ToolCall[],
  { origin, model }: { readonly origin: string; readonly model: string },
): readonly ContentBlock[] | null {
  const extra = calls.find((call) => call.extra?.origin === origin)?.extra;
  if (extra?.call.model !== model || !Array.isArray(extra.call.content)) return null;
  const blocks = extra.call.content as readonly ContentBlock[];
  const called = blocks.filter(({ type }) => type === 'tool_use').map(({ id }) => id);
  const isWhole = called.length === calls.length && calls.every(({ id }) => called.includes(id));
  return isWhole && blocks.some(({ type }) => isThought(type)) ? blocks : null;
}

/** Collects messages; those of the same role are one turn. */
class TurnWriter {
  readonly #turns: { role: 'user' | 'assistant'; content: ContentBlock[] }[] = [];
  /** The ids that were used: the service refuses a second call of the same id. */
  readonly #used = new Set<string>();
  /** Ids of the calls without a result yet, as sent, by the conversation's own. */
  #open = new Map<string, string>();

  say(role: 'user' | 'assistant', text: string): void {
    if (text.trim() === '') return;
    // The results of a turn come first in its message.
    this.#closeCalls();
    this.#turn(role).push({ type: 'text', text });
  }

  call(text: string, calls: readonly ToolCall[], kept: readonly ContentBlock[] | null): void {
    this.#closeCalls();
    const ids = new Map(calls.map(({ id }) => [id, this.#unusedId(id)]));
    const turn = this.#turn('assistant');
    if (kept) {
      turn.push(...kept);
    } else {
      if (text.trim() !== '') turn.push({ type: 'text', text });
      for (const { id, name, arguments: written } of calls)
        turn.push({ type: 'tool_use', id: ids.get(id), name, input: inputOf(written) ?? {} });
    }
    this.#open = ids;
  }

  answer(id: string, content: string): void {
    const sent = this.#open.get(id);
    // The service refuses a result without its call.
    if (sent === undefined) return;
    this.#open.delete(id);
    this.#turn('user').push({
      type: 'tool_result',
      tool_use_id: sent,
      ...(content.trim() !== '' && { content }),
    });
  }

  finished(): readonly WireMessage[] {
    this.#closeCalls();
    const last = this.#turns.at(-1);
    if (last?.role !== 'user') this.#turn('user').push({ type: 'text', text: last ? goOn : callBegins });
    return this.#turns;
  }

  #turn(role: 'user' | 'assistant'): ContentBlock[] {
    const last = this.#turns.at(-1);
    if (last?.role === role) return last.content;
    const content: ContentBlock[] = [];
    if (!last && role === 'assistant')
      this.#turns.push({ role: 'user', content: [{ type: 'text', text: callBegins }] });
    this.#turns.push({ role, content });
    return content;
  }

  #closeCalls(): void {
    for (const id of this.#open.values())
      this.#turn('user').push({ type: 'tool_result', tool_use_id: id, content: noResult, is_error: true });
    this.#open = new Map();
  }

  /** An id in the letters that the service accepts: other vendors' calls may be in the same conversation. */
  #unusedId(id: string): string {
    const plain = id.replace(/[^a-zA-Z0-9_-]/g, '_') || 'call';
    let unused = plain;
    for (let count = 2; this.#used.has(unused); count++) unused = `${plain}_${count}`;
    this.#used.add(unused);
    return unused;
  }
}
