/** A real test call: Twilio rings a phone, and a relay answers it. */
import { delay, within, type Clock } from '../../clock.js';
import { messageOf } from '../../errors.js';
import type { RelayNotice } from '../../server/relay-options.js';
import {
  openTwilioAccount,
  twilioCredentials,
  type CallProblem,
  type CallState,
  type TwilioAccount,
} from '../../server/twilio-account.js';
import { relayToken } from '../relay-token.js';
import { exitCodes, UsageError } from '../exit.js';
import { checkOutput } from '../replay-inputs.js';
import { note, out, progress, stdoutColumns } from '../terminal.js';
import { turnTable } from '../turn-table.js';
import { answeringAgent } from './answering-agent.js';
import { CallEvents } from './call-events.js';
import { openLine, planLine, type CallLine, type LinePlan } from './call-line.js';
import { whatWentWrong, type FinishedCall } from './call-outcome.js';
import type { CallOutput } from './call-output.js';
import { summaryText } from './call-summary.js';
import { confirm, type Terminal } from './confirm.js';
import { followCall } from './follow-call.js';
import { phoneNumber } from './phone-number.js';
import { fetchRecording } from './recording-file.js';

export interface PhoneCallOptions {
  readonly url?: string;
  readonly publicUrl?: string;
  readonly domain?: string;
  readonly from?: string;
  readonly say?: string;
  readonly agent?: string;
  readonly record?: string;
  /** Seconds. */
  readonly maxDuration: number;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

/** What a command has to do with besides its options. */
export interface CallSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly output: CallOutput;
  /** Somebody who can be asked; null where nobody sits there. */
  readonly terminal: Terminal | null;
}

/** How long `session.end` may come after Twilio has said that the call is over. */
const lastEventWithinMs = 3000;
/** Twilio's log has what went wrong some moments later. */
const [logWithinMs, askLogEveryMs] = [5000, 1000];

/**
 * Places the call and shows it until it is over; resolves with the exit code. Everything that can be found wrong before is
 * found before anything costs money. The signal hangs up, and the call's end is still waited for and reported.
 */
export async function phoneCall(
  number: string,
  options: PhoneCallOptions,
  surroundings: CallSurroundings,
  signal: AbortSignal,
): Promise<number> {
  const { env, clock, output, terminal } = surroundings;
  const to = phoneNumber(number, 'The number');
  const from = callingNumber(options.from, env);
  if (from === to) throw new UsageError(`${to} would call itself. Give the number of another phone.`);
  const credentials = twilioCredentials(env);
  if (options.record !== undefined) await checkOutput(options.record, [], '--record');
  const { url, publicUrl, domain, say, agent } = options;
  const plan = await planLine(
    {
      own: say !== undefined || agent !== undefined,
      ...(url !== undefined && { url }),
      ...(publicUrl !== undefined && { publicUrl }),
      ...(domain !== undefined && { domain }),
    },
    env,
    clock,
    signal,
  );
  const session = plan.kind === 'running' ? undefined : await answeringAgent(options, clock);
  if (options.dryRun) {
    for (const line of planned(to, from, plan, options)) out(line);
    return exitCodes.ok;
  }
  if (!options.yes) {
    if (!terminal)
      throw new UsageError(`A call costs money, and there is nobody to ask: add --yes to call ${to}.`);
    if (!(await confirm(`Call ${to} from ${from}? Twilio bills it.`, terminal, signal))) {
      note('Not called.');
      return exitCodes.failed;
    }
  }
  const account = await openTwilioAccount(credentials);
  const events = new CallEvents((event) => output.event(event));
  progress(opening(plan));
  const line = await openLine(plan, {
    session,
    token: await tokenFor(plan, env),
    clock,
    onEvent: (event) => events.take(event),
    onNotice: (notice) => tell(notice, output),
    signal,
  });
  try {
    signal.throwIfAborted();
    return await converse({ to, from, account, line, events, options, output, clock }, signal);
  } finally {
    await line.close();
  }
}

interface Conversation {
  readonly to: string;
  readonly from: string;
  readonly account: TwilioAccount;
  readonly line: CallLine;
  readonly events: CallEvents;
  readonly options: PhoneCallOptions;
  readonly output: CallOutput;
  readonly clock: Clock;
}

async function converse(conversation: Conversation, signal: AbortSignal): Promise<number> {
  const { to, from, account, line, events, options, output, clock } = conversation;
  output.say('INFO', `call: ${from} → ${to}, answered by ${line.publicUrl}`);
  // Not given up when the signal comes: only its answer tells which call to end.
  const call = await account.placeCall({
    to,
    from,
    voiceUrl: `${line.publicUrl}/twilio/voice`,
    statusUrl: `${line.publicUrl}/twilio/status`,
    maxDurationS: options.maxDuration,
    record: options.record !== undefined,
  });
  events.name(call.callSid);
  const onAbort = (): void => note('Hanging up; press Ctrl-C again to stop at once.');
  signal.addEventListener('abort', onAbort, { once: true });
  const state = await followCall({
    account,
    call,
    clock,
    signal,
    sessionEnded: events.ended,
    onStatus: (status) => output.status(call.callSid, status),
    onTrouble: (thrown) => output.say('WARN', messageOf(thrown)),
  });
  signal.removeEventListener('abort', onAbort);
  if (events.events.length > 0) await within(clock, lastEventWithinMs, events.ended);
  return finish(conversation, state, signal);
}

/** Reports a call that is over; resolves with the exit code. */
async function finish(conversation: Conversation, state: CallState, signal: AbortSignal): Promise<number> {
  const {
    to,
    from,
    account,
    events: { events },
    options,
    output,
    clock,
  } = conversation;
  const suspect = state.status === 'failed' || (state.status === 'completed' && events.length === 0);
  const problems = suspect && !signal.aborted ? await logOf(account, state.callSid, clock, signal) : [];
  const call: FinishedCall = { state, to, from, events, problems };
  const complaints = signal.aborted ? [] : whatWentWrong(call);
  if (output.json) {
    const { callSid, status, durationS } = state;
    out(JSON.stringify({ type: 'call.end', callSid, status, durationS, problems: complaints }));
  } else {
    for (const row of turnTable(events, stdoutColumns())) out(row);
    const tag = signal.aborted ? 'INFO' : complaints.length === 0 ? 'OK' : 'ERR';
    output.say(tag, `call: ${summaryText(state, events)}`);
  }
  for (const complaint of complaints) note(`error: ${complaint}`);
  if (options.record !== undefined && events.length > 0) {
    progress('Waiting for the recording.');
    await fetchRecording(account, state.callSid, options.record, clock);
    note(`Wrote ${options.record}: callee left, agent right.`);
  }
  return complaints.length === 0 ? exitCodes.ok : exitCodes.failed;
}

/** What Twilio's log has of a call that went wrong; nothing where it does not say. */
async function logOf(
  account: TwilioAccount,
  callSid: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<readonly CallProblem[]> {
  const startMs = clock.nowMs();
  for (;;) {
    const problems = await account.callProblems(callSid).catch(() => []);
    if (problems.length > 0 || clock.nowMs() - startMs >= logWithinMs) return problems;
    await delay(clock, askLogEveryMs, signal).catch(() => undefined);
    if (signal.aborted) return [];
  }
}

/** What opens the events of a relay that runs: what the user says, else what the relay has left for them. */
async function tokenFor(plan: LinePlan, env: CallSurroundings['env']): Promise<string | undefined> {
  return plan.kind === 'running' ? relayToken(plan.url, env) : env.HZRELAY_TOKEN || undefined;
}

function callingNumber(from: string | undefined, env: CallSurroundings['env']): string {
  if (from !== undefined) return phoneNumber(from, '--from');
  const number = env.TWILIO_PHONE_NUMBER;
  if (number) return phoneNumber(number, 'TWILIO_PHONE_NUMBER');
  throw new UsageError(
    'Nobody knows who calls: set TWILIO_PHONE_NUMBER to a number of your Twilio account, or give it as --from.',
  );
}

/** What would be done, for `--dry-run`. */
function planned(to: string, from: string, plan: LinePlan, options: PhoneCallOptions): string[] {
  return [
    `Would ask Twilio to call ${to} from ${from}, for at most ${options.maxDuration} s.`,
    answering(plan),
    ...(options.say === undefined ? [] : [`The agent would begin with: ${options.say}`]),
    ...(options.record === undefined
      ? []
      : [
          `Twilio would record it; the recording would be written to ${options.record}, and Twilio's copy deleted.`,
        ]),
    'Nothing was done.',
  ];
}

function answering(plan: LinePlan): string {
  switch (plan.kind) {
    case 'running':
      return `The relay at ${plan.url} would answer, which Twilio reaches as ${plan.publicUrl}.`;
    case 'own':
      return `A relay started for the call would answer, which Twilio reaches as ${plan.publicUrl}.`;
    case 'tunnelled':
      return 'A relay and an ngrok tunnel started for the call would answer.';
  }
}

function opening(plan: LinePlan): string {
  switch (plan.kind) {
    case 'running':
      return `Using the relay at ${plan.url}.`;
    case 'own':
      return 'Starting a relay and loading its speech models.';
    case 'tunnelled':
      return 'Opening a tunnel, starting a relay and loading its speech models.';
  }
}

/** The relay's own words; the statuses that Twilio posts to it are asked for from Twilio itself. */
function tell({ level, message }: RelayNotice, output: CallOutput): void {
  if (level === 'info' && message.startsWith('twilio call ')) return;
  output.say(level === 'info' ? 'INFO' : level === 'warn' ? 'WARN' : 'ERR', message);
}
