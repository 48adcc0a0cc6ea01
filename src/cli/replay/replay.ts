/** `hzrelay replay`: plays recordings into a relay and shows events, answers and latency. */
import { systemClock } from '../../core/clock.js';
import type { SessionEvent } from '../../events/session-event.js';
import { sysLogLine } from '../../events/sys-log.js';
import { callerRatesHz, replayCall } from '../../replay/replay-call.js';
import { transportOf, type TransportType } from '../../transport/registry.js';
import { readEnvironmentBeside } from '../agent/environment-beside.js';
import { exitCodes, UsageError } from '../exit.js';
import { CallCost } from './call-cost.js';
import { readCaller, type ReplayCaller } from './replay-caller.js';
import { checkOutput, outputFor, readExpected, relayUrl } from './replay-inputs.js';
import { report, reportParity } from './replay-report.js';
import { transportsOf, type Via } from './via.js';
import { relayToken } from '../../relay-client/relay-token.js';
import { remoteTarget, type ReplayTarget } from './replay-target.js';
import { jsonLine } from '../json-line.js';
import { note, out, progress, renderLogLine } from '../terminal.js';

export interface ReplayOptions {
  /** By phone, from a browser, or both. */
  readonly via: Via;
  readonly url?: string;
  /** The agent file of a new relay. */
  readonly agent?: string;
  /** False with `--no-speculation`. */
  readonly speculation: boolean;
  readonly bargeIn?: number;
  readonly output?: string;
  readonly json?: boolean;
  readonly expect?: string;
  /** The name of a fault drill, a kind of drills, `all` or `list`. */
  readonly drill?: string;
  /** With `drill`: the random seed for the shapes of the vendors' responses. */
  readonly shapes?: number;
  /** With `drill`: the simulated vendors. */
  readonly stt?: string;
  readonly llm?: string;
  readonly tts?: string;
  /** The most that the calls may cost, in US dollars. */
  readonly budget?: number;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** A call to place. */
interface PlannedCall {
  readonly via: TransportType;
  readonly caller: ReplayCaller;
  readonly output: string | undefined;
}

interface HeldCall {
  readonly via: TransportType;
  readonly events: readonly SessionEvent[];
  readonly exitCode: number;
}

/**
 * Plays the recordings; resolves with the exit code. Checks files and addresses before a call begins. Aborting the
 * signal hangs up; the call is reported up to that point.
 */
export async function replay(
  files: readonly string[],
  options: ReplayOptions,
  signal: AbortSignal,
): Promise<number> {
  if (options.drill !== undefined)
    return (await import('./drill.js')).drill(options.drill, files, options, signal);
  for (const option of ['shapes', 'stt', 'llm', 'tts'] as const)
    if (options[option] !== undefined)
      throw new UsageError(`--${option} is for simulated vendors: give --drill too.`);
  if (options.url !== undefined && !options.speculation)
    throw new UsageError(
      '--no-speculation is for a relay that replay starts, and --url names a running one.',
    );
  readEnvironmentBeside(options.agent);
  const url = options.url === undefined ? null : relayUrl(options.url);
  const transports = transportsOf(options.via);
  const calls = await Promise.all(
    transports.map(async (via): Promise<PlannedCall> => {
      const caller = await readCaller(files, callerRatesHz[via], options);
      const output = outputFor(options.output, transports.length > 1 ? via : null);
      if (output !== undefined) await checkOutput(output, caller.recordings);
      return { via, caller, output };
    }),
  );
  const expected = options.expect === undefined ? null : await readExpected(options.expect);

  const leavesOut = calls[0]?.caller.leavesOut ?? null;
  if (leavesOut !== null) note(`warning: ${leavesOut}`);
  const target =
    url === null
      ? await (await import('./own-target.js')).ownTarget(signal, options, systemClock)
      : remoteTarget(url, await relayToken(url));
  const cost = new CallCost(options.budget ?? null);
  const stop = AbortSignal.any([signal, cost.exceeded.signal]);
  try {
    const held: HeldCall[] = [];
    // One after the other: concurrent calls would wait for each other's recognition and synthesis, which would distort
    // their latencies.
    for (const call of calls) {
      if (stop.aborted) break;
      if (calls.length > 1) announce(call.via, options);
      held.push(await hold(call, { ...options, target, expected, compared: calls.length > 1, cost }, stop));
    }
    const [first, second] = held;
    const equal = !first || !second || stop.aborted || reportParity(first, second, options);
    reportCost(cost, options);
    const failed = held.find(({ exitCode }) => exitCode !== exitCodes.ok);
    return failed?.exitCode ?? (equal ? exitCodes.ok : exitCodes.failed);
  } finally {
    await target.close();
  }
}

interface HoldOptions extends ReplayOptions {
  readonly target: ReplayTarget;
  readonly expected: readonly SessionEvent[] | null;
  /** Whether it is compared with another call. */
  readonly compared: boolean;
  readonly cost: CallCost;
}

/** Holds one call and reports it. */
async function hold(call: PlannedCall, options: HoldOptions, signal: AbortSignal): Promise<HeldCall> {
  const { via, caller, output } = call;
  const { target, expected, compared, bargeIn, json, expect, cost } = options;
  const authToken = process.env.TWILIO_AUTH_TOKEN;
  const result = await replayCall({
    url: target.url,
    events: target.events,
    via,
    recordings: caller.recordings,
    ...(caller.wholeCall && { wholeCall: caller.wholeCall }),
    clock: systemClock,
    signal,
    behaviour: { bargeInMs: bargeIn ?? null },
    ...(authToken && { authToken }),
    onEvent: (event) => {
      cost.take(event);
      show(event, options);
    },
  });
  const exitCode = await report(result, {
    ...(json !== undefined && { json }),
    ...(output !== undefined && { output }),
    ...(expect !== undefined && { expect }),
    expected,
    stopped: signal.aborted,
    name: compared ? via : null,
  });
  return { via, events: result.events, exitCode };
}

function reportCost(cost: CallCost, { json }: ReplayOptions): void {
  const { problem, warning } = cost;
  if (!json) for (const line of cost.lines()) out(line);
  if (warning !== null) note(`warning: ${warning}`);
  if (problem !== null) note(`error: ${problem}`);
}

function announce(via: TransportType, { json }: ReplayOptions): void {
  const how = `${transportOf(via).way} (${via})`;
  if (json) progress(`Calling ${how}.`);
  else out(`Calling ${how}:`);
}

function show(event: SessionEvent, { json, quiet, verbose }: ReplayOptions): void {
  if (json) return out(jsonLine(event));
  if (quiet) return;
  const line = sysLogLine(event);
  if (verbose || !line.detail) out(renderLogLine(line));
}
