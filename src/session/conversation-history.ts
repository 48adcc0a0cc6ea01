/**
 * The conversation as the model sees it. Assistant messages hold what the caller heard: an answer is added when its
 * turn is over, cut to the heard words. Revoked or unheard answers are left out, except for tools that ran. Text before
 * a tool call is kept with the call, so the model does not repeat it.
 */
import type { ChatMessage, ToolCall } from '../providers/language-model.js';

interface TurnRecord {
  readonly turn: number;
  user: string;
  /** Tool calls with the text before them, and their results, in order. */
  tools: ChatMessage[];
  /** The heard part of the whole answer; null until its turn is over. */
  heard: string | null;
}

export class ConversationHistory {
  #systemPrompt: string | null;
  readonly #turns: TurnRecord[] = [];

  constructor(systemPrompt: string | null) {
    this.#systemPrompt = systemPrompt;
  }

  /** From now on the model gets these instructions. */
  instruct(systemPrompt: string | null): void {
    this.#systemPrompt = systemPrompt;
  }

  /** Opens a turn, or replaces the caller's words if the turn was continued. */
  setUser(turn: number, text: string): void {
    Object.assign(this.#turn(turn), saying(this.#turn(turn), text));
  }

  /** `said`: the answer's text between the previous calls and these; the caller is about to hear it. */
  addToolCalls(turn: number, toolCalls: readonly ToolCall[], said = ''): void {
    this.#turn(turn).tools.push({ role: 'assistant', content: tidy(said), toolCalls });
  }

  addToolResult(turn: number, toolCallId: string, content: string): void {
    this.#turn(turn).tools.push({ role: 'tool', toolCallId, content });
  }

  /** Sets the heard part of the turn's answer. */
  setHeard(turn: number, text: string): void {
    this.#turn(turn).heard = text;
  }

  /**
   * All messages so far, oldest first, without tool calls that have no result yet: models refuse those. `assumed`: as if
   * the caller had said this in that turn.
   */
  messages(assumed: { readonly turn: number; readonly text: string } | null = null): ChatMessage[] {
    const messages: ChatMessage[] = this.#systemPrompt
      ? [{ role: 'system', content: this.#systemPrompt }]
      : [];
    for (const { user, tools, heard } of assumed ? this.#turnsAssuming(assumed) : this.#turns) {
      if (user !== '') messages.push({ role: 'user', content: user });
      const answered = answeredTools(tools);
      messages.push(...(heard === null ? answered : withHeard(answered, heard)));
    }
    return messages;
  }

  #turnsAssuming({ turn, text }: { readonly turn: number; readonly text: string }): TurnRecord[] {
    const known = this.#turns.some((record) => record.turn === turn);
    const turns = known ? this.#turns : [...this.#turns, { turn, user: '', tools: [], heard: null }];
    return turns.map((record) => (record.turn === turn ? { ...record, ...saying(record, text) } : record));
  }

  #turn(turn: number): TurnRecord {
    const known = this.#turns.find((record) => record.turn === turn);
    if (known) return known;
    const record: TurnRecord = { turn, user: '', tools: [], heard: null };
    this.#turns.push(record);
    return record;
  }
}

/** The turn with these words of the caller. A continued turn revokes its answer: text before its tool calls was not heard. */
function saying({ tools }: TurnRecord, user: string): Pick<TurnRecord, 'user' | 'tools'> {
  return {
    user,
    tools: tools.map((message) => (message.role === 'assistant' ? { ...message, content: '' } : message)),
  };
}

function answeredTools(tools: readonly ChatMessage[]): ChatMessage[] {
  const answered = new Set(tools.flatMap((message) => (message.role === 'tool' ? [message.toolCallId] : [])));
  return tools.flatMap((message): ChatMessage[] => {
    if (message.role !== 'assistant') return [message];
    const toolCalls = message.toolCalls?.filter((call) => answered.has(call.id)) ?? [];
    return toolCalls.length > 0 ? [{ ...message, toolCalls }] : [];
  });
}

/** Splits the heard text: each call keeps the heard part of the text before it; the rest follows the calls. */
function withHeard(tools: readonly ChatMessage[], heard: string): ChatMessage[] {
  let rest = tidy(heard);
  const messages = tools.map((message): ChatMessage => {
    if (message.role !== 'assistant') return message;
    const content = heardOf(message.content, rest);
    rest = rest.slice(content.length).trimStart();
    return { ...message, content };
  });
  return rest === '' ? messages : [...messages, { role: 'assistant', content: rest }];
}

/** The heard text up to the end of `said`. A filler may come before `said`, and `said` may be cut. */
function heardOf(said: string, heard: string): string {
  if (said === '') return '';
  const at = heard.indexOf(said);
  if (at >= 0) return heard.slice(0, at + said.length);
  return said.startsWith(heard) ? heard : '';
}

function tidy(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
