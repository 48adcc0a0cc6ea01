/** Reports a finished call: the table, what went wrong, the comparison, the written file. */
import { writeWav } from '../../audio/wav.js';
import { HzRelayError } from '../../core/errors.js';
import type { SessionEvent } from '../../events/session-event.js';
import { printable } from '../../events/sys-log.js';
import type { CallRecording } from '../../replay/caller.js';
import { compareRuns } from '../../replay/golden.js';
import { aroundChanges, type DiffLine } from '../../replay/line-diff.js';
import type { ReplayResult } from '../../replay/replay-call.js';
import type { TransportType } from '../../transport/transport.js';
import { exitCodes } from '../exit.js';
import { parityTable, type ParityRun } from './parity-table.js';
import { writePrivateFile } from '../private-file.js';
import { reasonOf } from '../../relay/system-reason.js';
import { note, out, paint, stdoutColumns, takesColour } from '../terminal.js';
import { turnTable } from './turn-table.js';
import { unrecoveredFailures } from './unrecovered-failures.js';

export interface ReportOptions {
  readonly json?: boolean;
  readonly output?: string;
  /** Name of the golden log. */
  readonly expect?: string;
  readonly expected: readonly SessionEvent[] | null;
  /** Whether the user stopped the call; then missing turns are not reported. */
  readonly stopped: boolean;
  /** The call's transport; null if it was the only call. */
  readonly name: TransportType | null;
}

/** Unchanged lines that a diff shows before and after a change. */
const contextLines = 3;
const [red, green] = [31, 32];

/** Reports the call; resolves with the exit code. Throws an HzRelayError if the file cannot be written. */
export async function report(result: ReplayResult, options: ReportOptions): Promise<number> {
  const unanswered = result.turns.flatMap(({ name, said, answered }) => (said && !answered ? name : []));
  if (!options.json) for (const line of turnTable(result.events, stdoutColumns(), unanswered)) out(line);
  if (options.output !== undefined && result.recording)
    await writeRecording(options.output, result.recording);
  if (options.stopped) return exitCodes.failed;
  const complaints = complaintsAbout(result);
  for (const { level, text } of complaints)
    note(`${level === 'warning' ? level : 'error'}: ${of(options.name)}${text}`);
  const same = options.expected === null || isAsExpected(options.expected, result.events, options);
  // The golden log may expect an unanswered turn, and failures, which are in no lane that is compared.
  const failures = unrecoveredFailures(result.events).length;
  const excused =
    same && options.expected !== null && failures <= unrecoveredFailures(options.expected).length;
  const failed = complaints.some(({ level }) => level === 'error' || (level === 'unanswered' && !excused));
  return same && !failed ? exitCodes.ok : exitCodes.failed;
}

/** Compares two calls with the same recordings: prints the table, or with `json` only the differences, on stderr. */
export function reportParity(
  first: { readonly via: TransportType; readonly events: readonly SessionEvent[] },
  second: { readonly via: TransportType; readonly events: readonly SessionEvent[] },
  { json }: { readonly json?: boolean },
): boolean {
  const columns = json ? Infinity : stdoutColumns();
  const named = [first, second].map(({ via: name, events }) => ({ name, events })) as [ParityRun, ParityRun];
  const { equal, lines } = parityTable(...named, columns);
  const say = json ? note : out;
  const colour = takesColour(json ? process.stderr : process.stdout);
  for (const line of lines) {
    const differs = line.startsWith('≠');
    if (differs || !json) say(differs && colour ? paint(line, red) : line);
  }
  say(
    equal
      ? 'Parity: equal.'
      : `Parity: different where a line begins with ≠ (${first.via}, then ${second.via}).`,
  );
  return equal;
}

function of(name: string | null): string {
  return name === null ? '' : `${name}: `;
}

interface Complaint {
  /** `unanswered`: an error, unless the golden log expects it. */
  readonly level: 'warning' | 'unanswered' | 'error';
  readonly text: string;
}

/** What went wrong in the call; errors make it a failure. */
export function complaintsAbout({ recording, end, turns, events }: ReplayResult): Complaint[] {
  const error = (text: string): Complaint => ({ level: 'error', text });
  const unanswered = (text: string): Complaint => ({ level: 'unanswered', text });
  const warning = (text: string): Complaint => ({ level: 'warning', text });
  if (!recording) {
    const answer = end.reason ?? (end.said?.join(' ') || end.how);
    return [error(`the call was not answered (${printable(answer)}). The relay's log says why.`)];
  }
  const complaints: Complaint[] = [];
  if (end.error) complaints.push(error(`the call broke off: ${printable(end.error.message)}`));
  for (const { name, said, answered } of turns) {
    if (!said) complaints.push(error(`${name} was not played to its end: the relay ended the call.`));
    else if (!answered) complaints.push(unanswered(`${name} got no answer.`));
  }
  for (const { turn, message } of unrecoveredFailures(events))
    complaints.push(unanswered(`in turn ${turn}: ${printable(message)}`));
  if (events.length === 0) complaints.push(warning('the relay sent no events of this call.'));
  else if (events.at(-1)?.type !== 'session.end')
    complaints.push(warning('the events stopped before the call ended.'));
  return complaints;
}

async function writeRecording(path: string, { caller, agent, sampleRateHz }: CallRecording): Promise<void> {
  await writePrivateFile(path, writeWav({ channels: [caller, agent], sampleRateHz })).catch(
    (cause: unknown) => {
      throw new HzRelayError(`--output ${path} cannot be written: ${reasonOf(cause)}.`, { cause });
    },
  );
  note(`Wrote ${path}: caller left, agent right, ${(caller.length / sampleRateHz).toFixed(1)} s.`);
}

function isAsExpected(
  expected: readonly SessionEvent[],
  actual: readonly SessionEvent[],
  { json, expect = '', name }: ReportOptions,
): boolean {
  const say = json ? note : out;
  const { equal, diff } = compareRuns(expected, actual);
  if (equal) {
    say(`${of(name)}Equal to ${expect}.`);
    return true;
  }
  say(`${of(name)}Different from ${expect} (- expected, + got):`);
  const colour = takesColour(json ? process.stderr : process.stdout);
  for (const part of aroundChanges(diff, contextLines))
    say('skipped' in part ? `  … ${part.skipped} equal` : diffLine(part, colour));
  say('If the new result is right, write the golden log again with --json.');
  return false;
}

function diffLine({ side, text }: DiffLine, colour: boolean): string {
  if (side === 'both') return `  ${printable(text)}`;
  const line = `${side === 'expected' ? '-' : '+'} ${printable(text)}`;
  return colour ? paint(line, side === 'expected' ? red : green) : line;
}
