/** `hzrelay replay FILE --drill NAME`: the same call with a failing provider, and what the caller noticed. */
import type { Recording } from '../../replay/recordings.js';
import { callerRatesHz } from '../../replay/replay-call.js';
import { readRecordings } from '../../replay/recordings.js';
import { drills } from '../../drills/drills.js';
import { ownDrills } from '../../drills/own/own-drills.js';
import { runOwnDrills } from '../../drills/own/run-own-drills.js';
import { runDrills } from '../../drills/run-drills.js';
import { defaultVendors, type VendorNames } from '../../drills/vendors.js';
import { simulatorsOf } from '../../simulators/vendor-simulators.js';
import { systemClock } from '../../core/clock.js';
import type { RelaySessionConfig } from '../../relay/config/config.js';
import { findAgentFile, loadAgentFile } from '../agent/agent-file.js';
import { readEnvironmentBeside } from '../agent/environment-beside.js';
import type { DrillResult } from '../../drills/drill-verdict.js';
import type { TransportType } from '../../transport/transport.js';
import { chooseDrills, drillLines } from './drill-choice.js';
import { drillSummary, drillTable } from './drill-table.js';
import { transportsOf, type Via } from './via.js';
import { exitCodes, UsageError } from '../exit.js';
import { speculating } from '../speculating.js';
import { jsonLine } from '../json-line.js';
import { note, out, paint, progress, stdoutColumns, takesColour } from '../terminal.js';

export interface DrillOptions {
  /** By phone, from a browser, or both. */
  readonly via: Via;
  /** The agent file whose providers are drilled, in real time. @default simulated vendors */
  readonly agent?: string;
  /** False with `--no-speculation`. */
  readonly speculation: boolean;
  /** The simulated vendors, by the name of their provider. @default the usual ones */
  readonly stt?: string;
  readonly llm?: string;
  readonly tts?: string;
  /** The random seed for the shapes of the simulated vendors' responses. */
  readonly shapes?: number;
  readonly json?: boolean;
}

/** Options that only work for a single call. */
const foreignOptions = {
  url: '--url',
  bargeIn: '--barge-in',
  output: '--output',
  expect: '--expect',
  budget: '--budget',
} as const;
const red = 31;

/**
 * Runs the drills that `name` means, or lists them all for `list`; resolves with the exit code. Throws a UsageError for a
 * name that matches none and for options that do not work with drills.
 */
export async function drill(
  name: string,
  files: readonly string[],
  options: DrillOptions,
  signal: AbortSignal,
): Promise<number> {
  const { agent } = options;
  if (name === 'list') {
    for (const line of drillLines(agent === undefined ? drills : ownDrills)) out(line);
    return exitCodes.ok;
  }
  const chosen = agent === undefined ? chooseDrills(name, drills) : [];
  const ownChosen = agent === undefined ? [] : chooseDrills(name, ownDrills);
  refuseForeign(options);
  const session = agent === undefined ? null : await agentSession(agent);
  const transports = transportsOf(options.via);
  const recordings = new Map<TransportType, readonly Recording[]>();
  for (const via of transports) recordings.set(via, await readRecordings(files, callerRatesHz[via]));
  const total = (chosen.length + ownChosen.length) * transports.length;
  if (session) {
    note('The calls are real: they run in real time, and your vendors may bill them.');
    const shared = {
      drills: ownChosen,
      session: speculating(session, options.speculation),
      recordings,
      signal,
    };
    return follow((onStart) => runOwnDrills({ ...shared, onStart }), total, options);
  }
  progress('Loading the speech models.');
  const shared = {
    drills: chosen,
    recordings,
    mannersSeed: options.shapes,
    vendors: vendorsOf(options),
    speculation: options.speculation,
    signal,
  };
  return follow((onStart) => runDrills({ ...shared, onStart }), total, options);
}

type OnStart = (next: { readonly name: string } | null, via: TransportType) => void;

/** Shows drills as they are run; resolves with the exit code. */
async function follow(
  run: (onStart: OnStart) => AsyncIterable<DrillResult>,
  total: number,
  options: DrillOptions,
): Promise<number> {
  const results: DrillResult[] = [];
  const onStart: OnStart = (next, via) => {
    if (next) progress(`Drill ${results.length + 1} of ${total}: ${next.name} (${via})`);
    else progress(`Reference call without a fault (${via})`);
  };
  try {
    for await (const result of run(onStart)) {
      results.push(result);
      if (options.json) out(jsonLine(result));
    }
  } finally {
    report(results, options);
  }
  const passed = results.length === total && results.every((result) => result.passed);
  return passed ? exitCodes.ok : exitCodes.failed;
}

/** The agent of a file, with the variables of the `.env` beside it. */
async function agentSession(file: string): Promise<RelaySessionConfig> {
  const path = findAgentFile(file) ?? file;
  readEnvironmentBeside(path);
  return (await loadAgentFile(path, systemClock)).session;
}

function report(results: readonly DrillResult[], { json }: DrillOptions): void {
  if (results.length === 0) return;
  const colour = takesColour(process.stdout);
  if (!json)
    for (const line of drillTable(results, stdoutColumns()))
      out(colour && line.trimStart().startsWith('✗') ? paint(line, red) : line);
  (json ? note : out)(drillSummary(results));
}

/** Throws a UsageError for a vendor that cannot be simulated. */
function vendorsOf(options: DrillOptions): VendorNames {
  const names = { ...defaultVendors };
  for (const kind of ['stt', 'llm', 'tts'] as const) {
    const name = options[kind];
    if (name === undefined) continue;
    const known = simulatorsOf(kind).map((one) => one.name);
    if (!known.includes(name))
      throw new UsageError(
        `--${kind} ${JSON.stringify(name)} is no vendor that can be simulated. There are: ${known.join(', ')}.`,
      );
    names[kind] = name;
  }
  return names;
}

function refuseForeign(options: DrillOptions): void {
  for (const option of ['shapes', 'stt', 'llm', 'tts'] as const)
    if (options.agent !== undefined && options[option] !== undefined)
      throw new UsageError(
        `--${option} is for simulated vendors, and --agent drills your own: leave one out.`,
      );
  for (const [option, flag] of Object.entries(foreignOptions))
    if (option in options)
      throw new UsageError(`${flag} does not work with --drill, which makes many calls to its own relay.`);
}
