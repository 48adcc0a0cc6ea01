/** What `hzrelay dev` says once it is ready: where it is, how to reach it, and what to do next. */
import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface RelayFacts {
  readonly version: string;
  /** From the start of the process on. */
  readonly readyMs: number;
  /** The relay's address on this machine. */
  readonly url: string;
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
  const { version, readyMs, url, token } = facts;
  return [
    `hzrelay ${version} is ready on ${url} (${readyMs.toFixed(0)} ms)`,
    '',
    ...item('Agent', 'an appointment desk; speech, model and voice are embedded: no keys'),
    ...item('Page', ...page(facts)),
    ...item('Twilio', ...twilio(facts)),
    ...(token === null
      ? []
      : item('Private', 'all other routes need the token:', `export HZRELAY_TOKEN=${token}`)),
    ...(callable(facts) ? item('Try it', ...tryIt(facts)) : []),
    ...item('Stop', 'Ctrl-C'),
    '',
    '[ SYS_LOG ] LIVE',
  ];
}

/** Where the repository's recordings are at hand, one of them; else a name to fill in. */
export function recordingToTry(): string {
  const path = fileURLToPath(new URL('../../fixtures/audio/book-my-appointment.wav', import.meta.url));
  return existsSync(path) ? relative(process.cwd(), path) : 'RECORDING.wav';
}

function page({ url, publicUrl, token }: RelayFacts): string[] {
  const address = `${publicUrl ?? url}/`;
  if (token === null) return [`${address}  talk to it in a browser, or type`];
  return [`${address}?token=${token}`, 'talk to it in a browser, or type; the link lets in whoever has it'];
}

function twilio(facts: RelayFacts): string[] {
  const { publicUrl, url, checksSignatures } = facts;
  if (!callable(facts)) {
    return [
      'closed, since the outside can reach this relay and forged calls',
      'could not be told from Twilio’s. Set TWILIO_AUTH_TOKEN, start again.',
    ];
  }
  if (publicUrl !== null) return ["set your number's voice webhook (POST) to", `${publicUrl}/twilio/voice`];
  return [
    `open a tunnel to port ${new URL(url).port}, then start again with its address:`,
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
