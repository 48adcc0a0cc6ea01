/** `hzrelay replay`: recordings in, events, answers and latency out. */
import { access, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeWav } from '../audio/wav.js';
import { systemClock } from '../clock.js';
import { messageOf } from '../errors.js';
import type { SessionEvent } from '../events/session-event.js';
import { printable, sysLogLine } from '../events/sys-log.js';
import { compareRuns, parseEventLog } from '../replay/golden.js';
import { readRecordings } from '../replay/recordings.js';
import { replayCall, type EventSource, type ReplayResult } from '../replay/replay-call.js';
import { createRelay } from '../server/create.js';
import { appointmentDeskSession } from './appointment-desk-session.js';
import { exitCodes, UsageError } from './exit.js';
import { note, out, paint, renderLogLine, takesColour } from './terminal.js';
import { turnTable } from './turn-table.js';

export interface ReplayOptions {
  readonly url?: string;
  readonly bargeIn?: number;
  readonly output?: string;
  readonly json?: boolean;
  readonly expect?: string;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

const phoneRateHz = 8000;

/** Plays the recordings. Everything that can be wrong with files is found before the call begins. */
export async function replay(
  files: readonly string[],
  options: ReplayOptions,
  signal: AbortSignal,
): Promise<number> {
  const [recordings, expected] = await Promise.all([
    readRecordings(files, phoneRateHz),
    readExpected(options.expect),
    checkOutput(options.output),
    checkUrl(options.url),
  ]);
  const target = await openTarget(options.url);
  try {
    const authToken = process.env.TWILIO_AUTH_TOKEN;
    const result = await replayCall({
      url: target.url,
      events: target.events,
      recordings,
      clock: systemClock,
      signal,
      manners: { bargeInMs: options.bargeIn ?? null },
      ...(authToken && { authToken }),
      onEvent: (event) => print(event, options),
    });
    return await report(result, expected, options);
  } finally {
    await target.close();
  }
}

interface Target {
  readonly url: string;
  readonly events: EventSource;
  close(): Promise<void>;
}

async function openTarget(url: string | undefined): Promise<Target> {
  if (url !== undefined) {
    return { url, events: { token: process.env.HZRELAY_TOKEN }, close: () => Promise.resolve() };
  }
  const relay = createRelay({
    session: appointmentDeskSession,
    port: 0,
    onNotice: ({ level, message }) => {
      if (level !== 'info') note(`${level}: ${message}`);
    },
  });
  await relay.listen();
  const subscribe = (listener: (event: SessionEvent) => void): (() => void) => {
    relay.on('*', listener);
    return () => relay.off('*', listener);
  };
  return { url: relay.url, events: { subscribe }, close: () => relay.close() };
}

function print(event: SessionEvent, { json, quiet, verbose }: ReplayOptions): void {
  if (json) return out(JSON.stringify(event));
  if (quiet) return;
  const line = sysLogLine(event);
  if (verbose || !line.detail) out(renderLogLine(line));
}

async function report(
  result: ReplayResult,
  expected: readonly SessionEvent[] | null,
  options: ReplayOptions,
): Promise<number> {
  const say = options.json ? note : out;
  if (!options.json) for (const line of turnTable(result.events)) out(line);
  let code: number = exitCodes.ok;
  if (!result.recording) {
    note(
      `error: the call was not answered: ${printable(result.end.reason ?? (result.end.said.join(' ') || result.end.how))}.`,
    );
    code = exitCodes.failed;
  }
  if (result.end.error) {
    note(`error: the call broke off: ${result.end.error.message}`);
    code = exitCodes.failed;
  }
  for (const { name, said, answered } of result.turns) {
    if (!said) note(`warning: ${name} was not said to its end: the call was over.`);
    else if (!answered) note(`warning: ${name} got no answer.`);
  }
  if (result.events.length === 0 && result.recording)
    note('warning: the relay showed no events of this call.');
  if (options.output !== undefined && result.recording) {
    const { caller, agent, sampleRateHz } = result.recording;
    await writeFile(options.output, writeWav({ channels: [caller, agent], sampleRateHz }));
    note(
      `Wrote ${options.output}: caller left, agent right, ${(caller.length / sampleRateHz).toFixed(1)} s.`,
    );
  }
  if (expected) {
    const { equal, diff } = compareRuns(expected, result.events);
    if (equal) say(`Equal to ${options.expect ?? ''}: every lane matches.`);
    else {
      say(`Different from ${options.expect ?? ''} (- expected, + got):`);
      const colour = takesColour(options.json ? process.stderr : process.stdout);
      for (const { side, text: line } of diff) {
        const text = printable(line);
        if (side === 'both') say(`  ${text}`);
        else if (side === 'expected') say(colour ? paint(`- ${text}`, 31) : `- ${text}`);
        else say(colour ? paint(`+ ${text}`, 32) : `+ ${text}`);
      }
      code = exitCodes.failed;
    }
  }
  return code;
}

async function readExpected(path: string | undefined): Promise<SessionEvent[] | null> {
  if (path === undefined) return null;
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new UsageError(`--expect ${path} cannot be read: ${messageOf(cause)}`, { cause });
  });
  try {
    return parseEventLog(text, path);
  } catch (cause) {
    throw new UsageError(messageOf(cause), { cause });
  }
}

async function checkOutput(path: string | undefined): Promise<void> {
  if (path === undefined) return;
  await access(dirname(path)).catch((cause: unknown) => {
    throw new UsageError(`--output ${path}: there is no folder ${dirname(path)}. Make it first.`, { cause });
  });
}

function checkUrl(url: string | undefined): Promise<void> {
  if (url === undefined || /^https?:\/\/[^/]+\/?$/.test(url)) return Promise.resolve();
  return Promise.reject(
    new UsageError(`--url ${url}: give the relay's address, for example http://127.0.0.1:8787.`),
  );
}
