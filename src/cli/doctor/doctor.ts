/** `hzrelay doctor`: checks that this machine and its configuration can hold calls. */
import { systemClock } from '../../core/clock.js';
import { withoutSecrets } from '../../core/secrets.js';
import { secretsOf } from '../../relay/config/secrets.js';
import { builtInRegistry } from '../../providers/registry.js';
import { readEnvironmentBeside } from '../agent/environment-beside.js';
import { findAgentFile, loadAgentFile, type AgentFile } from '../agent/agent-file.js';
import { agentCheck } from './agent-check.js';
import { runChecks, type Check, type CheckResult } from './check.js';
import { nodeCheck, opusCheck, pageCheck, webRtcCheck } from './machine-checks.js';
import { ngrokCheck } from './ngrok-check.js';
import { portCheck, relayPort } from './port-check.js';
import { resultLines, verdict } from './report.js';
import { speechCheck } from './speech-check.js';
import { twilioCheck } from './twilio-check.js';
import { vendorChecks, type AgentVendors } from './vendor-checks.js';
import { exitCodes } from '../exit.js';
import { jsonLine } from '../json-line.js';
import { out, progress, stdoutColumns, takesColour } from '../terminal.js';

export interface DoctorOptions {
  readonly json?: boolean;
}

const checkLimitMs = 15_000;

/** Runs all checks, prints their findings, and resolves with the exit code: 1 if there is a problem. */
export async function doctor({ json = false }: DoctorOptions, signal: AbortSignal): Promise<number> {
  readEnvironmentBeside(null);
  const { env } = process;
  progress('Checking this machine and its configuration.');
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
  if (json) out(jsonLine({ checks, ok }, 2));
  else out(`\n${verdict(checks)}`);
  return ok ? exitCodes.ok : exitCodes.failed;
}

function checksFor(env: NodeJS.ProcessEnv): Check[] {
  const port = relayPort(env);
  const agent = findAgentFile(undefined);
  // Loaded once: it is the user's program.
  const loading = agent === null ? null : loadAgentFile(agent, systemClock);
  return [
    nodeCheck(),
    opusCheck(env),
    webRtcCheck(env),
    speechCheck(),
    portCheck(port, env.HZRELAY_PORT),
    pageCheck(port),
    ...vendorChecks(env, systemClock, builtInRegistry, vendorsNamedBy(loading)),
    ...(agent === null || !loading ? [] : [agentCheck(agent, systemClock, env, loading)]),
    twilioCheck(env),
    ngrokCheck(env, systemClock),
  ];
}

/** What the agent's file says about vendors; nothing if it cannot be loaded, which its own check reports. */
async function vendorsNamedBy(loading: Promise<AgentFile> | null): Promise<AgentVendors> {
  const session = await loading?.then(
    (file) => file.session,
    () => null,
  );
  const kinds = (['stt', 'llm', 'tts'] as const).filter((kind) => session?.[kind] !== undefined);
  const names = kinds.flatMap((kind) =>
    [session?.[kind]].flat().map((one: unknown) => `${kind} ${nameOf(one)}`),
  );
  return { kinds: new Set(kinds), names: new Set(names) };
}

/** The provider that a config names; empty for the user's own object or function. */
function nameOf(config: unknown): string {
  const name: unknown =
    typeof config === 'object' && config !== null ? Reflect.get(config, 'provider') : undefined;
  return typeof name === 'string' ? name : '';
}

function withoutSecretsIn(result: CheckResult, env: NodeJS.ProcessEnv): CheckResult {
  const { message, remedy } = result;
  const secrets = secretsOf(env);
  return {
    ...result,
    message: withoutSecrets(message, secrets),
    ...(remedy !== undefined && { remedy: withoutSecrets(remedy, secrets) }),
  };
}
