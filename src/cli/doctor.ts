/** `hzrelay doctor`: whether this machine and what is configured on it can hold calls. */
import { systemClock } from '../clock.js';
import { runChecks, type Check, type CheckResult } from './doctor/check.js';
import { nodeCheck, opusCheck, pageCheck, webRtcCheck } from './doctor/machine-checks.js';
import { ngrokCheck } from './doctor/ngrok-check.js';
import { portCheck, relayPort } from './doctor/port-check.js';
import { resultLines, verdict } from './doctor/report.js';
import { withoutSecrets } from './doctor/secrets.js';
import { speechCheck } from './doctor/speech-check.js';
import { twilioCheck } from './doctor/twilio-check.js';
import { vendorChecks } from './doctor/vendor-checks.js';
import { exitCodes } from './exit.js';
import { out, progress, stdoutColumns, takesColour } from './terminal.js';

export interface DoctorOptions {
  readonly json?: boolean;
}

const checkLimitMs = 15_000;

/** Runs all checks, prints what they find, and resolves with the exit code: 1 where one has found a problem. */
export async function doctor({ json = false }: DoctorOptions, signal: AbortSignal): Promise<number> {
  const { env } = process;
  progress('Looking at this machine and at what is configured.');
  const look = { columns: stdoutColumns(), colour: takesColour(process.stdout) };
  const found = await runChecks(checksFor(env), {
    clock: systemClock,
    signal,
    limitMs: checkLimitMs,
    onResult(result) {
      if (json || signal.aborted) return;
      for (const line of resultLines(withoutSecretsIn(result, env), look)) out(line);
    },
  });
  if (signal.aborted) return exitCodes.failed;
  const checks = found.map((result) => withoutSecretsIn(result, env));
  const ok = checks.every(({ status }) => status !== 'problem');
  if (json) out(JSON.stringify({ checks, ok }, null, 2));
  else out(`\n${verdict(checks)}`);
  return ok ? exitCodes.ok : exitCodes.failed;
}

function checksFor(env: NodeJS.ProcessEnv): Check[] {
  const port = relayPort(env);
  return [
    nodeCheck(),
    opusCheck(env),
    webRtcCheck(env),
    speechCheck(),
    portCheck(port, env.HZRELAY_PORT),
    pageCheck(port),
    ...vendorChecks(env, systemClock),
    twilioCheck(env),
    ngrokCheck(env, systemClock),
  ];
}

function withoutSecretsIn(result: CheckResult, env: NodeJS.ProcessEnv): CheckResult {
  const { message, remedy } = result;
  return {
    ...result,
    message: withoutSecrets(message, env),
    ...(remedy !== undefined && { remedy: withoutSecrets(remedy, env) }),
  };
}
