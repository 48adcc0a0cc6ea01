import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import type { FromPainter, PainterData, ToPainter } from './dashboard-messages.js';
import type { DashboardRequest } from './model/key-press.js';

export interface PaintingThreadOptions {
  readonly data: Omit<PainterData, 'nowMs' | 'predecessor'>;
  /** The time on the dashboard's clock. */
  readonly nowMs: () => number;
  readonly onRequest: (request: DashboardRequest) => void;
  /** Called when it failed or ended unexpectedly. */
  readonly onFailed: (cause: Error) => void;
}

/**
 * The thread that paints. Ink caches every text that it has measured for as long as its thread lives, so after a number
 * of frames a new thread takes over with the current model, and the old thread's memory is freed.
 */
export class PaintingThread {
  readonly #options: PaintingThreadOptions;
  #worker: Worker;
  /** The old thread, while it hands over. */
  readonly #retired = new Set<Worker>();

  /** Starts at once; ends with {@link terminate}. */
  constructor(options: PaintingThreadOptions) {
    this.#options = options;
    this.#worker = this.#start(null);
  }

  post(message: ToPainter): void {
    this.#worker.postMessage(message);
  }

  async terminate(): Promise<void> {
    await Promise.all([this.#worker, ...this.#retired].map((worker) => worker.terminate()));
  }

  #start(predecessor: MessagePort | null): Worker {
    const { data, nowMs, onRequest, onFailed } = this.#options;
    const workerData: PainterData = { ...data, nowMs: nowMs(), predecessor };
    const worker = new Worker(new URL('./painter-entry.js', import.meta.url), {
      workerData,
      transferList: predecessor ? [predecessor] : [],
      // React's development build keeps every render. Ink reads CI, which does not apply to this terminal, and
      // FORCE_COLOR: 1 means the terminal's own colours, and bold and dim if it has none.
      env: { NODE_ENV: 'production', FORCE_COLOR: '1' },
      execArgv: [],
    });
    worker.on('message', (message: FromPainter) => {
      if (message.type === 'request') onRequest(message.request);
      else if (worker === this.#worker) this.#renew();
    });
    worker.on('error', onFailed);
    worker.on('exit', () => {
      this.#retired.delete(worker);
      if (worker === this.#worker) onFailed(new Error('The painter ended.'));
    });
    return worker;
  }

  /** Messages from now on are queued in the new thread until the old one has handed over. */
  #renew(): void {
    const { port1, port2 } = new MessageChannel();
    const old = this.#worker;
    this.#retired.add(old);
    this.#worker = this.#start(port2);
    old.postMessage({ type: 'hand_over', successor: port1 } satisfies ToPainter, [port1]);
  }
}
