/**
 * The conversation as the model sees it. Assistant messages hold what the caller heard: an answer enters when its turn is
 * over, cut to the heard words; what was revoked or never heard leaves no trace, except for tools that ran.
 */
import type { ChatMessage, ToolCall } from '../llm/language-model.js';

interface TurnRecord {
  readonly turn: number;
  user: string;
  /** Tool calls and their results, in order. */
  readonly tools: ChatMessage[];
  assistant: string;
}

export class ConversationHistory {
  readonly #systemPrompt: string | null;
  readonly #turns: TurnRecord[] = [];

  constructor(systemPrompt: string | null) {
    this.#systemPrompt = systemPrompt;
  }

  /** Opens a turn, or replaces the caller's words of one that was continued. */
  setUser(turn: number, text: string): void {
    this.#turn(turn).user = text;
  }

  addToolCalls(turn: number, toolCalls: readonly ToolCall[]): void {
    this.#turn(turn).tools.push({ role: 'assistant', content: '', toolCalls });
  }

  addToolResult(turn: number, toolCallId: string, content: string): void {
    this.#turn(turn).tools.push({ role: 'tool', toolCallId, content });
  }

  /** Sets what was heard of the turn's answer. */
  setHeard(turn: number, text: string): void {
    this.#turn(turn).assistant = text;
  }

  /** Everything so far, oldest first. Tool calls whose result is still to come are left out: models refuse them. */
  messages(): ChatMessage[] {
    const messages: ChatMessage[] = this.#systemPrompt
      ? [{ role: 'system', content: this.#systemPrompt }]
      : [];
    for (const { user, tools, assistant } of this.#turns) {
      if (user !== '') messages.push({ role: 'user', content: user });
      messages.push(...answeredTools(tools));
      if (assistant !== '') messages.push({ role: 'assistant', content: assistant });
    }
    return messages;
  }

  #turn(turn: number): TurnRecord {
    const known = this.#turns.find((record) => record.turn === turn);
    if (known) return known;
    const record: TurnRecord = { turn, user: '', tools: [], assistant: '' };
    this.#turns.push(record);
    return record;
  }
}

function answeredTools(tools: readonly ChatMessage[]): ChatMessage[] {
  const answered = new Set(tools.flatMap((message) => (message.role === 'tool' ? [message.toolCallId] : [])));
  return tools.flatMap((message): ChatMessage[] => {
    if (message.role !== 'assistant') return [message];
    const toolCalls = message.toolCalls?.filter((call) => answered.has(call.id)) ?? [];
    return toolCalls.length > 0 ? [{ ...message, toolCalls }] : [];
  });
}
