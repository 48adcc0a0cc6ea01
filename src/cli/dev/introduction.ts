/** What `hzrelay dev` prints once it is ready: its addresses, how to call it, and what to do next. */
import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StageNames } from '../../call-view/introduction.js';

export interface RelayFacts {
  readonly version: string;
  /** Time since the start of the process. */
  readonly readyMs: number;
  /** The relay's address on this machine. */
  readonly url: string;
  /** The user's agent file; null for the appointment desk. */
  readonly agentFile: string | null;
  /** The providers of speech to text, language model and text to speech. */
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
  /** The token that private routes need; null if they are open. */
  readonly token: string | null;
  /** A recording to try. */
  readonly recording: string;
}

/** Lines of at most 80 columns, unless addresses or the recording's path are unusually long. */
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

/** The lines that change when the relay's public address changes. */
export function publicLines(facts: RelayFacts): string[] {
  return [...item('Page', ...page(facts)), ...secret(facts)];
}

/** The page's address, with the token if the page needs one: the link alone gives access. */
export function pageLink({ url, publicUrl, token }: Pick<RelayFacts, 'url' | 'publicUrl' | 'token'>): string {
  const address = `${publicUrl ?? url}/`;
  return token === null ? address : `${address}?token=${token}`;
}

/** A recording of the repository if there is one, else a placeholder name. */
export function recordingToTry(): string {
  const path = fileURLToPath(new URL('../../../fixtures/audio/book-my-appointment.wav', import.meta.url));
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
  return [pageLink(facts), 'talk to it in a browser, or type; anyone with the link gets in'];
}

function secret({ token }: RelayFacts): string[] {
  if (token === null) return [];
  return item('Private', 'all other routes need the token:', `export HZRELAY_TOKEN=${token}`);
}

function twilio(facts: RelayFacts): string[] {
  const { publicUrl, url, checksSignatures, isOpening, phoneNumber } = facts;
  if (isOpening) return ['opening a tunnel; the log says when it is ready for calls'];
  if (phoneNumber !== null) return [`calls to ${phoneNumber} arrive here`];
  if (!callable(facts)) {
    return [
      'closed: this relay is public, and cannot tell forged calls from',
      'Twilio’s without TWILIO_AUTH_TOKEN. Set it, then start again.',
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

/** Whether phone calls are accepted. */
function callable({ token, checksSignatures }: RelayFacts): boolean {
  return token === null || checksSignatures;
}

function item(name: string, ...lines: readonly string[]): string[] {
  return lines.map((line, index) => `  ${(index === 0 ? name : '').padEnd(8)} ${line}`);
}
