/** The tools that the desk calls if they are offered: book_appointment, reschedule_appointment, cancel_appointment. */
import type { ChatMessage, ToolCall, ToolDefinition } from '../../language-model.js';
import type { BookingTask, Slots } from './speech-act.js';
import { clockTime, parseClockTime } from './spoken-time.js';

/** The outcome of a tool call in the conversation. */
export interface ToolOutcome {
  readonly task: BookingTask;
  readonly slots: Slots;
  readonly failed: boolean;
}

const taskOfTool: Readonly<Record<string, BookingTask>> = {
  book_appointment: 'book',
  reschedule_appointment: 'reschedule',
  cancel_appointment: 'cancel',
};

/** Names of the tools that the desk calls if they are offered. */
export const deskToolNames: readonly string[] = Object.keys(taskOfTool);

export class DeskTools {
  readonly #offered: ReadonlyMap<BookingTask, ToolDefinition>;

  constructor(tools: readonly ToolDefinition[]) {
    this.#offered = new Map(
      tools.flatMap((tool): [BookingTask, ToolDefinition][] => {
        const task = Object.hasOwn(taskOfTool, tool.name) ? taskOfTool[tool.name] : undefined;
        return task ? [[task, tool]] : [];
      }),
    );
  }

  /** Whether there is a tool for this task. Without one the desk pretends success. */
  offers(task: BookingTask): boolean {
    return this.#offered.has(task);
  }

  /** Whether the tool's schema requires a time. */
  requiresTime(task: BookingTask): boolean {
    const required = this.#offered.get(task)?.parameters.required;
    return Array.isArray(required) && required.includes('time');
  }

  /** The tool call for the task: `{"day":"friday","time":"15:00"}`, without unknown fields. */
  call(task: BookingTask, { day, time }: Slots, id: string): ToolCall {
    const args = { ...(day !== null && { day }), ...(time && { time: clockTime(time) }) };
    return { id, name: `${task}_appointment`, arguments: JSON.stringify(args) };
  }
}

/** The outcomes of the desk's calls in a conversation, by the ids of the calls. */
export function toolOutcomes(messages: readonly ChatMessage[]): ReadonlyMap<string, ToolOutcome> {
  const calls = new Map<string, ToolCall>();
  const outcomes = new Map<string, ToolOutcome>();
  for (const message of messages) {
    if (message.role === 'assistant') for (const call of message.toolCalls ?? []) calls.set(call.id, call);
    if (message.role !== 'tool') continue;
    const call = calls.get(message.toolCallId);
    const task = call && Object.hasOwn(taskOfTool, call.name) ? taskOfTool[call.name] : undefined;
    if (!call || !task) continue;
    outcomes.set(call.id, { task, slots: slotsOf(call), failed: isFailure(message.content) });
  }
  return outcomes;
}

function slotsOf(call: ToolCall): Slots {
  const args = parseJson(call.arguments);
  const { day, time } = isObject(args) ? args : {};
  return {
    day: typeof day === 'string' ? day : null,
    time: typeof time === 'string' ? parseClockTime(time) : null,
  };
}

/** "Error: …", false, and objects such as `{"error": …}` and `{"ok": false}` are failures; anything else is success. */
function isFailure(content: string): boolean {
  if (/^\s*(?:error|failed|failure)\b/i.test(content)) return true;
  const result = parseJson(content);
  if (!isObject(result)) return result === false;
  const hasError = result.error !== undefined && result.error !== null && result.error !== false;
  return hasError || [result.ok, result.success, result.available].includes(false);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
