/** Tools that the model may call. Arguments have a zod schema, runs have a timeout, failures go to the model. */
import { z } from 'zod';
import { delay, type Clock } from '../core/clock.js';
import { messageOf } from '../core/errors.js';
import type { ToolCall, ToolDefinition } from '../providers/language-model.js';

/** The session and turn that a tool runs in. */
export interface ToolContext {
  readonly sessionId: string;
  readonly turn: number;
  /** Aborts when the tool times out or the session ends, not when the caller interrupts. */
  readonly signal: AbortSignal;
}

export interface AgentTool<Schema extends z.ZodType = z.ZodType> {
  /** Tells the model what the tool does and when to use it. */
  readonly description: string;
  /** Schema of the arguments. The model's arguments are validated before `execute` runs. */
  readonly parameters: Schema;
  /** Timeout of one run. @default 10000 */
  readonly timeoutMs?: number;
  /** Whether the agent may stay silent after it, for example if it only saves a note. @default false */
  readonly silent?: boolean;
  /** Runs the tool. The model gets the result: a string as it is, other values as JSON. */
  execute(args: z.output<Schema>, context: ToolContext): unknown;
}

/** Schemas of the tools' arguments, by tool name. */
export type ToolSchemas = Readonly<Record<string, z.ZodType>>;

/** Tools by name; each `execute` gets the arguments that its own `parameters` describe. */
export type AgentTools<Schemas extends ToolSchemas = ToolSchemas> = {
  readonly [Name in keyof Schemas]: AgentTool<Schemas[Name]>;
};

export interface ToolOutcome {
  readonly result: string;
  readonly failed: boolean;
}

const defaultToolTimeoutMs = 10_000;

/** The tools as the model's request describes them. */
export function toolDefinitions(tools: AgentTools): ToolDefinition[] {
  return Object.entries(tools).map(([name, { description, parameters }]) => ({
    name,
    description,
    parameters: z.toJSONSchema(parameters, { io: 'input' }),
  }));
}

/** Whether the agent may stay silent after this tool. */
export function staysSilentAfter(tools: AgentTools, name: string): boolean {
  return Object.hasOwn(tools, name) && tools[name]?.silent === true;
}

/** Runs one tool call. Never throws: an unknown tool, bad arguments, a failure and a timeout are failed outcomes. */
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
  // When the session ends, the wait ends too, even if the tool ignores its signal.
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
  let args: unknown;
  try {
    args = JSON.parse(call.arguments === '' ? '{}' : call.arguments);
  } catch {
    return failure(`The arguments are not valid JSON: ${call.arguments}`);
  }
  // Schemas may be asynchronous, and they may throw.
  const parsed = await tool.parameters.safeParseAsync(args);
  if (!parsed.success) return failure(`The arguments are wrong: ${z.prettifyError(parsed.error)}`);
  context.signal.throwIfAborted();
  return { result: textOf(await tool.execute(parsed.data, context)), failed: false };
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    // JSON.stringify gives undefined for a function and for undefined; such a tool has no result to report.
    const json = JSON.stringify(value) as string | undefined;
    return json ?? 'done';
  } catch (thrown) {
    // The tool has succeeded: a model that is told of a failure would call it again.
    return `done, but its result is not JSON: ${messageOf(thrown)}`;
  }
}

function failure(result: string): ToolOutcome {
  return { result, failed: true };
}
