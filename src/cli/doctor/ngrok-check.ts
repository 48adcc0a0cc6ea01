import { within, type Clock } from '../../core/clock.js';
import type { Check, Finding } from './check.js';
import { runSelfTest, type SelfTestResult } from './run-self-test.js';

/** A firewall may drop the packets silently: then no answer ever arrives. */
const answerMs = 10_000;
/** All agents of the account are connected, so the token is valid: https://ngrok.com/docs/errors/err_ngrok_108 */
const tooManyAgents = 'ERR_NGROK_108';

/** Whether ngrok accepts the token. Runs in its own process, since an attempt to connect cannot be aborted. */
export function ngrokCheck(
  env: Readonly<Record<string, string | undefined>>,
  clock: Clock,
  runTest: typeof runSelfTest = runSelfTest,
): Check {
  return {
    name: 'ngrok',
    async run(signal): Promise<Finding> {
      if (!env.NGROK_AUTHTOKEN)
        return {
          status: 'note',
          message:
            'NGROK_AUTHTOKEN is not set: the relay is reachable from this machine only, or by --public-url.',
          remedy:
            'Get a token at https://dashboard.ngrok.com/get-started/your-authtoken and set NGROK_AUTHTOKEN.',
        };
      const abort = new AbortController();
      const stop = (): void => abort.abort();
      signal.addEventListener('abort', stop, { once: true });
      const result = runTest('ngrok', { signal: abort.signal, env });
      const answered = await within(clock, answerMs, result);
      signal.removeEventListener('abort', stop);
      stop();
      return answered ? findingOf(await result) : unreachable(`nothing within ${answerMs / 1000} s`);
    },
  };
}

function findingOf(result: SelfTestResult): Finding {
  if (result.ok) return { status: 'ok', message: 'ngrok accepts the token.' };
  const { message } = result;
  const code = result.code ?? /ERR_NGROK_\d+/.exec(message)?.[0];
  if (code === tooManyAgents)
    return {
      status: 'note',
      message: 'ngrok accepts the token; all agents of the account are connected.',
    };
  if (code !== undefined)
    return {
      status: 'problem',
      message: `ngrok refuses: ${message}`,
      remedy: `Read https://ngrok.com/docs/errors/${code.toLowerCase()} and check NGROK_AUTHTOKEN.`,
    };
  if (/Cannot find (module|package|native binding)|ERR_MODULE_NOT_FOUND|Failed to load/i.test(message))
    return {
      status: 'problem',
      message: 'The package @ngrok/ngrok cannot be loaded.',
      remedy: 'Install it with: npm install @ngrok/ngrok',
    };
  return unreachable(message);
}

function unreachable(message: string): Finding {
  return {
    status: 'problem',
    message: `ngrok cannot be reached: ${message}`,
    remedy: 'Check the network and whether a firewall lets TLS out to connect.ngrok-agent.com.',
  };
}
