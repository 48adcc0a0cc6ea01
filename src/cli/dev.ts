/** `hzrelay dev`: the relay on this machine, with every event on the terminal. */
import { once } from 'node:events';
import { sysLogLine } from '../events/sys-log.js';
import { createRelay } from '../server/create.js';
import type { Relay } from '../server/relay.js';
import type { RelayNotice } from '../server/relay-options.js';
import { appointmentDeskSession } from './appointment-desk-session.js';
import { exitCodes } from './exit.js';
import { note, out, renderLogLine } from './terminal.js';

export interface DevOptions {
  readonly port?: number;
  readonly host: string;
  readonly publicUrl?: string;
  readonly json?: boolean;
  readonly plain?: boolean;
  readonly verbose?: boolean;
}

/** Runs until the signal aborts, then ends the calls politely. Resolves with the exit code. */
export async function dev(
  options: DevOptions & { readonly version: string },
  signal: AbortSignal,
): Promise<number> {
  const { port, host, publicUrl, json = false, verbose = false } = options;
  const say = json ? note : out;
  const relay = createRelay({
    session: appointmentDeskSession,
    host,
    ...(port !== undefined && { port }),
    ...(publicUrl !== undefined && { publicUrl }),
    onNotice: (notice) => say(renderLogLine({ tag: tagOf(notice), text: notice.message, detail: false })),
  });
  relay.on('*', (event) => {
    const line = sysLogLine(event);
    if (json) out(JSON.stringify(event));
    else if (verbose || !line.detail) out(renderLogLine(line));
  });
  const startedMs = relay.clock.nowMs();
  await relay.listen();
  const readyMs = Math.round(relay.clock.nowMs() - startedMs);
  for (const line of introduction(relay, options.version, readyMs)) say(line);
  if (!signal.aborted) await once(signal, 'abort');
  const calls = relay.sessions.length;
  if (calls > 0)
    say(`Ending ${calls} ${calls === 1 ? 'call' : 'calls'}; press Ctrl-C again to stop at once.`);
  await relay.close();
  return exitCodes.ok;
}

function introduction(relay: Relay, version: string, readyMs: number): string[] {
  const { publicUrl, url } = relay;
  const webhook = `${publicUrl ?? url}/twilio/voice`;
  const lines = [
    `hzrelay ${version} is ready on ${url} (${readyMs} ms)`,
    '',
    '  speech local · model local · voice local (no keys needed)',
  ];
  if (publicUrl) {
    lines.push(`  Point your Twilio number's voice webhook (POST) at ${webhook}`);
    if (relay.options.twilioAuthToken === null) {
      lines.push(
        '  TWILIO_AUTH_TOKEN is not set, so Twilio’s calls cannot be told from forged ones: its routes are closed.',
      );
    }
  } else {
    lines.push(
      '  Phone calls reach it on this machine only. For Twilio, open a tunnel to it and give its address with',
    );
    lines.push(
      `  --public-url; the number's voice webhook (POST) is then <that address>/twilio/voice, here ${webhook}`,
    );
  }
  if (relay.access.guarded)
    lines.push(`  Events and metrics need the token: HZRELAY_TOKEN=${relay.access.token}`);
  lines.push(`  Try it: npx hzrelay replay RECORDING.wav --url ${url}`, '', '[ SYS_LOG ] LIVE');
  return lines;
}

function tagOf({ level }: RelayNotice): 'INFO' | 'WARN' | 'ERR' {
  return level === 'info' ? 'INFO' : level === 'warn' ? 'WARN' : 'ERR';
}
