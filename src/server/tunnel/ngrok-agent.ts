import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { workerEntry } from '../../workers/worker-entry.js';
import type { FromNgrokProcess, ToNgrokProcess } from './ngrok-messages.js';
import { TunnelAgentError, type TunnelAgent, type TunnelRequest } from './tunnel-agent.js';

/**
 * An ngrok agent in a process of its own: an attempt to connect cannot be called off, and one that hangs would keep the
 * whole process from ending. It never keeps this process alive once it is open.
 */
export class NgrokAgent implements TunnelAgent {
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  #isOver = false;

  constructor() {
    const entry = workerEntry(import.meta.url, './ngrok-process.js');
    // No output of its own, and none of this process's flags.
    this.#child = fork(fileURLToPath(entry), { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: [] });
    this.ended = once(this.#child, 'exit').then(
      () => this.#over(),
      () => this.#over(),
    );
    // A message to a process that has just ended: its end says it all.
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
