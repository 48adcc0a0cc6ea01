/** Tools that an agent's model may call: described by a zod schema, run with a time limit, failures told to the model. */
import { z } from 'zod';
import { delay, type Clock } from '../clock.js';
import { messageOf } from '../errors.js';
import type { ToolCall, ToolDefinition } from '../llm/language-model.js';

/** What a tool learns about the call it is used in. */
export interface ToolContext {
  readonly sessionId: string;
  readonly turn: number;
  /** Aborts when the tool's time is up or the session ends; not when the caller interrupts. */
  readonly signal: AbortSignal;
}

export interface AgentTool<Schema extends z.ZodType = z.ZodType> {
  /** Tells the model what the tool does and when to use it. */
  readonly description: string;
  /** The arguments; what the model writes is validated against it before `execute` runs. */
  readonly parameters: Schema;
  /** Time limit. @default 10000 */
  readonly timeoutMs?: number;
  /** Its result goes to the model, as JSON unless it is a string. */
  execute(args: z.output<Schema>, context: ToolContext): unknown;
}

export type AgentTools = Readonly<Record<string, AgentTool>>;

export interface ToolOutcome {
  readonly result: string;
  readonly failed: boolean;
}

const defaultToolTimeoutMs = 10_000;

/** What the model is told about the tools. */
export function toolDefinitions(tools: AgentTools): ToolDefinition[] {
  return Object.entries(tools).map(([name, { description, parameters }]) => ({
    name,
    description,
    parameters: z.toJSONSchema(parameters, { io: 'input' }),
  }));
}

/** Runs one call to its end. Never throws: an unknown tool, bad arguments, a failure and a time-out are outcomes. */
export async function runTool(
  tools: AgentTools,
  call: ToolCall,
  context: ToolContext,
  clock: Clock,
): Promise<ToolOutcome> {
  const tool = Object.hasOwn(tools, call.name) ? tools[call.name] : undefined;
  if (!tool) return failure(`There is no tool named ${call.name}.`);
  const timeoutMs = tool.timeoutMs ?? defaultToolTimeoutMs;
  const finished = new AbortController();
  const timedOut = new AbortController();
  // When the session ends nobody waits for the answer any more, even of a tool that ignores its signal.
  const waiting = AbortSignal.any([context.signal, finished.signal]);
  const timeout = delay(clock, timeoutMs, waiting).then(
    () => {
      timedOut.abort();
      return failure(`${call.name} did not answer within ${timeoutMs} ms.`);
    },
    () => failure(`${call.name} was stopped.`),
  );
  try {
    const signal = AbortSignal.any([context.signal, timedOut.signal]);
    return await Promise.race([execute(tool, call, { ...context, signal }), timeout]);
  } catch (thrown) {
    return failure(messageOf(thrown));
  } finally {
    finished.abort();
  }
}

async function execute(tool: AgentTool, call: ToolCall, context: ToolContext): Promise<ToolOutcome> {
  let written: unknown;
  try {
    written = JSON.parse(call.arguments === '' ? '{}' : call.arguments);
  } catch {
    return failure(`The arguments are not valid JSON: ${call.arguments}`);
  }
  // A schema may look things up, so that checking takes time; and it may throw.
  const parsed = await tool.parameters.safeParseAsync(written);
  if (!parsed.success) return failure(`The arguments are wrong: ${z.prettifyError(parsed.error)}`);
  context.signal.throwIfAborted();
  return { result: textOf(await tool.execute(parsed.data, context)), failed: false };
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  // A function or undefined has no JSON; a tool that returns nothing has simply done its work.
  const json = JSON.stringify(value) as string | undefined;
  return json ?? 'done';
}

function failure(result: string): ToolOutcome {
  return { result, failed: true };
}
