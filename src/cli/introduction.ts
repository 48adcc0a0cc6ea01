/** What `hzrelay dev` says once it is ready: where it is, how to reach it, and what to do next. */
import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StageNames } from './dev/dev-agent.js';

export interface RelayFacts {
  readonly version: string;
  /** From the start of the process on. */
  readonly readyMs: number;
  /** The relay's address on this machine. */
  readonly url: string;
  /** The user's agent file; null for the appointment desk. */
  readonly agentFile: string | null;
  /** Who hears, answers and speaks. */
  readonly providers: StageNames;
  /** The Twilio number whose calls arrive here; null where none was pointed here. */
  readonly phoneNumber: string | null;
  /** Whether sessions are recorded. */
  readonly isRecording: boolean;
  /** Whether a tunnel is being opened. */
  readonly isOpening: boolean;
  readonly publicUrl: string | null;
  /** Whether Twilio's signatures can be checked. */
  readonly checksSignatures: boolean;
  /** What private routes ask for; null where they ask for nothing. */
  readonly token: string | null;
  /** A recording to try. */
  readonly recording: string;
}

/** Lines of at most 80 columns, as long as addresses and the recording's path are of usual length. */
export function introduction(facts: RelayFacts): string[] {
  const { version, readyMs, url } = facts;
  return [
    `hzrelay ${version} is ready on ${url} (${readyMs.toFixed(0)} ms)`,
    '',
    ...item('Agent', ...agent(facts)),
    ...item('Page', ...page(facts)),
    ...item('Twilio', ...twilio(facts)),
    ...secret(facts),
    ...(callable(facts) ? item('Try it', ...tryIt(facts)) : []),
    ...item('Stop', 'Ctrl-C'),
    '',
    '[ SYS_LOG ] LIVE',
  ];
}

/** What has changed when the outside reaches the relay, or does no more. */
export function publicLines(facts: RelayFacts): string[] {
  return [...item('Page', ...page(facts)), ...secret(facts)];
}

/** The page's address, with the token where it needs one: whoever has the link is let in. */
export function pageLink({ url, publicUrl, token }: Pick<RelayFacts, 'url' | 'publicUrl' | 'token'>): string {
  const address = `${publicUrl ?? url}/`;
  return token === null ? address : `${address}?token=${token}`;
}

/** Where the repository's recordings are at hand, one of them; else a name to fill in. */
export function recordingToTry(): string {
  const path = fileURLToPath(new URL('../../fixtures/audio/book-my-appointment.wav', import.meta.url));
  return existsSync(path) ? relative(process.cwd(), path) : 'RECORDING.wav';
}

function agent({ agentFile, providers }: RelayFacts): string[] {
  const { stt, llm, tts } = providers;
  const who =
    agentFile === null ? 'an appointment desk' : `${agentFile}, saved changes apply to the next call`;
  if (stt === 'local' && llm === 'local' && tts === 'local') {
    return agentFile === null
      ? [`${who}; speech, model and voice are embedded: no keys`]
      : [who, 'speech, model and voice are embedded: no keys'];
  }
  return [who, `hears with ${stt}, answers with ${llm}, speaks with ${tts}`];
}

function page(facts: RelayFacts): string[] {
  if (facts.token === null) return [`${pageLink(facts)}  talk to it in a browser, or type`];
  return [pageLink(facts), 'talk to it in a browser, or type; the link lets in whoever has it'];
}

function secret({ token }: RelayFacts): string[] {
  if (token === null) return [];
  return item('Private', 'all other routes need the token:', `export HZRELAY_TOKEN=${token}`);
}

function twilio(facts: RelayFacts): string[] {
  const { publicUrl, url, checksSignatures, isOpening, phoneNumber } = facts;
  if (isOpening) return ['a tunnel is being opened; the log says when calls can come'];
  if (phoneNumber !== null) return [`calls to ${phoneNumber} arrive here`];
  if (!callable(facts)) {
    return [
      'closed, since the outside can reach this relay and forged calls',
      'could not be told from Twilio’s. Set TWILIO_AUTH_TOKEN, start again.',
    ];
  }
  if (publicUrl !== null) return ["set your number's voice webhook (POST) to", `${publicUrl}/twilio/voice`];
  return [
    `set NGROK_AUTHTOKEN, or open a tunnel to port ${new URL(url).port}, then start again:`,
    `${checksSignatures ? '' : 'TWILIO_AUTH_TOKEN=… '}npx hzrelay dev --public-url https://…`,
  ];
}

function tryIt({ publicUrl, url, checksSignatures, recording }: RelayFacts): string[] {
  const command = [`npx hzrelay replay ${recording} \\`, `  --url ${publicUrl ?? url}`];
  return checksSignatures ? [...command, '(with the same TWILIO_AUTH_TOKEN)'] : command;
}

/** Whether phone calls are let in. */
function callable({ token, checksSignatures }: RelayFacts): boolean {
  return token === null || checksSignatures;
}

function item(name: string, ...lines: readonly string[]): string[] {
  return lines.map((line, index) => `  ${(index === 0 ? name : '').padEnd(8)} ${line}`);
}
