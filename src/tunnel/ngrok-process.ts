/**
 * Entry file of the child process that holds an ngrok tunnel. It ends only with its parent. It ignores Ctrl-C, which reaches
 * the whole process group, because the parent still needs the tunnel while it shuts down.
 */
import type { Listener } from '@ngrok/ngrok';
import { messageOf } from '../core/errors.js';
import type { FromNgrokProcess, ToNgrokProcess } from './ngrok-messages.js';
import type { TunnelRequest } from './tunnel-agent.js';

let listener: Listener | null = null;

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => undefined);
process.on('disconnect', () => process.exit());
process.on('message', (message: ToNgrokProcess) => {
  if (message.type === 'open') void open(message.request);
  else void close();
});

async function open(request: TunnelRequest): Promise<void> {
  const { address, authtoken, domain, serverAddress } = request;
  try {
    const { default: ngrok } = await import('@ngrok/ngrok');
    listener = await ngrok.forward({
      addr: address,
      authtoken,
      ...(domain !== null && { domain }),
      ...(serverAddress !== null && { server_addr: serverAddress }),
      onStatusChange: (status: string) => tell({ type: 'connected', connected: status === 'connected' }),
    });
    tell({ type: 'opened', url: listener.url() ?? '' });
  } catch (thrown) {
    const code: unknown = thrown instanceof Error && 'errorCode' in thrown ? thrown.errorCode : undefined;
    const errorCode = typeof code === 'string' ? code : null;
    tell({ type: 'failed', message: messageOf(thrown), errorCode });
  }
}

async function close(): Promise<void> {
  try {
    await listener?.close();
  } finally {
    process.exit();
  }
}

function tell(message: FromNgrokProcess): void {
  process.send?.(message);
}
