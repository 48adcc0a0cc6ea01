import type { ChatMessage, ToolCall } from '../language-model.js';

/**
 * The forms of a conversation that chat templates accept. `open`: unchanged. `strict`: at most one system message,
 * first; then user and assistant alternate with tools in between, and tool calls have no text. `plain`: only user and
 * assistant alternate; the system prompt is in the first user message, and tool calls and results are text.
 */
export const messageShapes = ['open', 'strict', 'plain'] as const;
export type MessageShape = (typeof messageShapes)[number];

/** The shape to try after this one was refused with this error; null if another shape does not help. */
export function shapeAfter(shape: MessageShape, thrown: unknown): MessageShape | null {
  const { status, message } = thrown as { readonly status?: unknown; readonly message?: unknown };
  // llama.cpp answers 500 if a template refuses.
  if (status !== 400 && status !== 422 && status !== 500) return null;
  const said = String(message);
  if (!templateRefusals.some((words) => words.test(said))) return null;
  if (shape === 'plain') return null;
  return shape === 'strict' || noSystem.test(said) ? 'plain' : 'strict';
}

const noSystem =
  /system role (?:is )?not supported|only user and assistant roles are supported!|only user, assistant and tool roles|does(?:n't| not) support (?:the )?system/i;

/**
 * Messages with which chat templates and servers refuse a conversation.
 *
 * Sources: the templates of Gemma 2 and 3, Mistral 7B, Devstral, Ministral 3 and Qwen 3.5 as vLLM (400) and llama.cpp
 * (500, "Jinja Exception") report them; mistral-common and Mistral's API (`invalid_request_message_order`; for text
 * beside tool calls, issue 186 of mistralai/mistral-common); DeepSeek, Perplexity
 */
const templateRefusals: readonly RegExp[] = [
  noSystem,
  /\b(?:roles?|turns?|requests?|messages?)\b.{0,80}\balternat|\balternat\w*\b.{0,80}\b(?:roles?|messages?)\b/i,
  /system message must be (?:at the beginning|the first|first)|(?:system (?:message|role|prompt)|role ['"`]?system).{0,40}\b(?:beginning|first message|only at)/i,
  /only user (?:and|or) assistant roles/i,
  /unexpected role '?\w+'? after role|expected last role|invalid_request_message_order/i,
  /no user query found|(?:first|last) message (?:must|should|of \S+ must) (?:be|have|use).{0,30}\buser\b|must (?:start|begin) with (?:a )?['"`]?user/i,
  /successive user or assistant|consecutive (?:user|assistant)|2 or more assistant messages at the end/i,
  /multiturn requests? ends? with a user|function call turn comes immediately after|^(?:\d{3} )?unexpected role '?\w+'?\.?$/i,
  /(?:conversation|messages?`?) must end with (?:a )?['"`]?user|response prefill|message prefill|assistant messages? (?:at the end|must not be first)/i,
  /(?:multiple|only one|more than one) system (?:message|prompt)|system messages? (?:is|are) only allowed/i,
  /must have either content or tool_calls/i,
  /tool call id was .{0,100} but must be/i,
  /raise_exception|jinja|(?:chat )?template ?error|apply_chat_template/i,
];

/** A first user message for templates that require one, when the caller has not spoken yet. */
const callBegins = '(The caller is on the line.)';
/** Replaces an answer that was never heard. */
const unheard = '(No answer was heard.)';
const goOn = '(Please go on.)';

/** Returns the conversation in this shape. */
export function shaped(messages: readonly ChatMessage[], shape: MessageShape): readonly ChatMessage[] {
  if (shape === 'open') return messages;
  const system: string[] = [];
  let turns: ChatMessage[] = [];
  for (const message of messages) {
    if (message.role !== 'system') turns.push(message);
    else if (turns.length === 0) system.push(message.content);
    // A system message in the middle of the conversation becomes a user message in the same place.
    else turns.push({ role: 'user', content: `(${message.content})` });
  }
  turns = shape === 'plain' ? turns.map((message) => inWords(message, turns)) : withTextBehindCalls(turns);
  const prompt = system.filter((text) => text !== '').join('\n\n');
  const alternating = withShortIds(inTurns(turns));
  if (prompt === '') return alternating;
  if (shape === 'strict') return [{ role: 'system', content: prompt }, ...alternating];
  const [first, ...rest] = alternating;
  return [{ role: 'user', content: `${prompt}\n\n${first?.content ?? callBegins}` }, ...rest];
}

/** Moves an assistant's text beside a tool call behind the call's result. Drops the text if no message follows yet. */
function withTextBehindCalls(messages: readonly ChatMessage[]): ChatMessage[] {
  const moved: ChatMessage[] = [];
  let said: ChatMessage | null = null;
  for (const message of messages) {
    if (message.role === 'tool') {
      moved.push(message);
    } else if (message.role === 'assistant' && message.toolCalls) {
      if (message.content !== '') {
        const text: ChatMessage = { role: 'assistant', content: message.content };
        said = said ? joined(said, text) : text;
      }
      moved.push({ ...message, content: '' });
    } else {
      if (said && message.role === 'assistant') moved.push(joined(said, message));
      else moved.push(...(said ? [said] : []), message);
      said = null;
    }
  }
  return moved;
}

/**
 * Makes user and assistant alternate, with a user (or tool) message last and the user first. Tool results stay behind
 * their call.
 */
function inTurns(messages: readonly ChatMessage[]): ChatMessage[] {
  const turns: ChatMessage[] = [];
  for (const message of messages) {
    const last = turns.at(-1);
    if (message.role === 'user') {
      if (last?.role === 'user') turns[turns.length - 1] = joined(last, message);
      else
        turns.push(
          ...(last?.role === 'tool' ? [{ role: 'assistant' as const, content: unheard }] : []),
          message,
        );
    } else if (message.role === 'assistant') {
      if (last?.role === 'assistant' && !last.toolCalls && !message.toolCalls)
        turns[turns.length - 1] = joined(last, message);
      else {
        if (!last) turns.push({ role: 'user', content: callBegins });
        else if (last.role === 'assistant') turns.push({ role: 'user', content: goOn });
        turns.push(message);
      }
    } else turns.push(message);
  }
  const last = turns.at(-1);
  if (last?.role !== 'user' && last?.role !== 'tool')
    turns.push({ role: 'user', content: last ? goOn : callBegins });
  return turns;
}

function joined<M extends ChatMessage>(first: M, second: ChatMessage): M {
  return { ...first, content: [first.content, second.content].filter((text) => text !== '').join('\n') };
}

/** Writes a tool call or a result as text. */
function inWords(message: ChatMessage, all: readonly ChatMessage[]): ChatMessage {
  if (message.role === 'tool') {
    const name = callsOf(all).find(({ id }) => id === message.toolCallId)?.name ?? 'the tool';
    return { role: 'user', content: `(Result of ${name}: ${message.content})` };
  }
  if (message.role !== 'assistant' || !message.toolCalls) return message;
  const calls = message.toolCalls.map(({ name, arguments: written }) => `(Called ${name} with ${written})`);
  return { role: 'assistant', content: [message.content, ...calls].filter((text) => text !== '').join('\n') };
}

/** Replaces the ids of tool calls: Mistral accepts only nine letters and digits. */
function withShortIds(messages: readonly ChatMessage[]): ChatMessage[] {
  const calls = callsOf(messages);
  const isShort = (id: string): boolean => /^[a-zA-Z0-9]{9}$/.test(id);
  if (calls.every(({ id }) => isShort(id))) return [...messages];
  const ids = new Map(calls.map(({ id }, index) => [id, `call${String(index).padStart(5, '0')}`]));
  const idOf = (id: string): string => (isShort(id) ? id : (ids.get(id) ?? id));
  return messages.map((message) => {
    if (message.role === 'tool') return { ...message, toolCallId: idOf(message.toolCallId) };
    if (message.role !== 'assistant' || !message.toolCalls) return message;
    return { ...message, toolCalls: message.toolCalls.map((call) => ({ ...call, id: idOf(call.id) })) };
  });
}

function callsOf(messages: readonly ChatMessage[]): readonly ToolCall[] {
  return messages.flatMap((message) => (message.role === 'assistant' ? (message.toolCalls ?? []) : []));
}
