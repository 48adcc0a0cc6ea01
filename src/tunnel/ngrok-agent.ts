import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { FromNgrokProcess, ToNgrokProcess } from './ngrok-messages.js';
import { TunnelAgentError, type TunnelAgent, type TunnelRequest } from './tunnel-agent.js';

/**
 * An ngrok agent in a child process: a connection attempt cannot be cancelled, and a hanging one would keep the process from
 * ending. Once the tunnel is open, the child does not keep this process alive.
 */
export class NgrokAgent implements TunnelAgent {
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  #isOver = false;

  constructor() {
    const entry = new URL('./ngrok-process.js', import.meta.url);
    // Without output, and without this process's flags.
    this.#child = fork(fileURLToPath(entry), { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: [] });
    this.ended = once(this.#child, 'exit').then(
      () => this.#over(),
      () => this.#over(),
    );
    // A message to a child that has just ended fails; its exit is handled above.
    this.#child.on('error', () => undefined);
  }

  open(request: TunnelRequest, onConnected: (connected: boolean) => void): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#child.on('message', (message: FromNgrokProcess) => {
        switch (message.type) {
          case 'opened':
            this.#child.unref();
            this.#child.channel?.unref();
            resolve(message.url);
            return;
          case 'failed':
            reject(new TunnelAgentError(message.message, message.errorCode));
            return;
          case 'connected':
            onConnected(message.connected);
        }
      });
      void this.ended.then(() => reject(new TunnelAgentError('its process ended.', null)));
      this.#tell({ type: 'open', request });
    });
  }

  async close(): Promise<void> {
    if (this.#isOver) return;
    this.#child.ref();
    this.#tell({ type: 'close' });
    await this.ended;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #tell(message: ToNgrokProcess): void {
    if (this.#child.connected) this.#child.send(message);
  }

  #over(): void {
    this.#isOver = true;
  }
}
