/**
 * The terminal dashboard, as the command line uses it. Painting happens in a thread of its own: however large the terminal,
 * however slow the line to it, the calls' thread only posts what happened.
 */
import { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '../clock.js';
import type { SessionEvent } from '../events/session-event.js';
import type { LogTag } from '../events/sys-log.js';
import { workerEntry } from '../workers/worker-entry.js';
import { AlternateScreen } from './alternate-screen.js';
import { CapturedOutput, type Printable } from './captured-output.js';
import type { FromPainter, PainterData, ToPainter } from './dashboard-messages.js';
import { FrameGate } from './frame-gate.js';
import type { DashboardInput, LevelReading } from './model/dashboard-model.js';
import type { StatusTone } from './model/dashboard-ui.js';
import type { DashboardRequest } from './model/key-press.js';
import type { RelayFacts } from './model/relay-facts.js';

/** What a person can ask for. Each resolves with a sentence for the status line and rejects with an error that says why not. */
export interface DashboardActions {
  placeCall(transport: 'twilio' | 'webrtc'): Promise<string>;
  openPage(): Promise<string>;
  toggleRecording(): Promise<string>;
  endSession(sessionId: string): Promise<string>;
}

/** The terminal's keyboard: `process.stdin` is one. */
export type TerminalInput = Pick<
  NodeJS.ReadStream,
  'setRawMode' | 'on' | 'off' | 'resume' | 'pause' | 'unref' | 'ref'
>;

/** The terminal's screen: `process.stdout` is one. */
export type TerminalOutput = Pick<NodeJS.WriteStream, 'columns' | 'rows' | 'on' | 'off'> & {
  readonly fd: number;
};

export interface DashboardOptions {
  readonly relay: RelayFacts;
  readonly actions: DashboardActions;
  readonly stdin: TerminalInput;
  readonly stdout: TerminalOutput;
  readonly clock: Clock;
  /** Whether the terminal takes colour; bold and dim are used anyway. */
  readonly colour: boolean;
  /** How loud the living sessions are, asked ten times a second while there are any. */
  readonly levels?: () => readonly LevelReading[];
  /**
   * Where the process prints: lines printed there go to the log while the dashboard is open. What was meant for `stderr` is
   * printed there again afterwards, the latest lines of it.
   */
  readonly captures?: { readonly stdout: Printable; readonly stderr: Printable };
}

/**
 * Why the dashboard is over: somebody quit it (`quit`), did not want to wait (`interrupt`, Ctrl-C), or it failed; then the
 * terminal is restored already.
 */
export type DashboardEnd =
  | { readonly reason: 'quit' | 'interrupt' | 'closed' }
  | { readonly reason: 'failed'; readonly cause: unknown };

export class Dashboard {
  /** Resolves when the dashboard is over, the terminal restored. Never rejects. */
  readonly closed: Promise<DashboardEnd>;
  readonly #options: DashboardOptions;
  readonly #screen: AlternateScreen;
  readonly #gate = new FrameGate();
  readonly #painter: Worker;
  readonly #living = new Set<string>();
  readonly #captured: readonly CapturedOutput[];
  /** Lines meant for stderr, the latest. */
  readonly #complaints: string[] = [];
  #waiting: DashboardInput[] = [];
  #flushTimer: Timer | null = null;
  #levelTimer: Timer | null = null;
  #end: (end: DashboardEnd) => void = () => undefined;
  /** Until the terminal was given back. */
  #open = true;
  #ended = false;

  constructor(options: DashboardOptions) {
    this.#options = options;
    const { stdin, stdout, relay, colour } = options;
    this.closed = new Promise((resolve) => (this.#end = resolve));
    this.#screen = new AlternateScreen(stdout.fd);
    this.#screen.enter();
    const data: PainterData = {
      relay,
      columns: stdout.columns,
      rows: stdout.rows,
      colour,
      fd: stdout.fd,
      gate: this.#gate.memory,
    };
    this.#painter = new Worker(workerEntry(import.meta.url, './painter-entry.js'), {
      workerData: data,
      // React's development build remembers every render. Ink goes by CI, which says nothing of this terminal.
      env: { NODE_ENV: 'production' },
      execArgv: [],
    });
    this.#painter.on('message', ({ request }: FromPainter) => this.#onRequest(request));
    this.#painter.on('error', (cause) => this.#close({ reason: 'failed', cause }));
    this.#painter.on('exit', () => this.#close({ reason: 'failed', cause: new Error('The painter ended.') }));
    stdin.setRawMode(true);
    stdin.on('data', this.#onTyped);
    stdin.resume();
    stdout.on('resize', this.#onResize);
    this.#captured = options.captures ? this.#capture(options.captures) : [];
    process.on('exit', this.#restore);
    process.on('uncaughtExceptionMonitor', this.#restore);
  }

  /** Shows an event. */
  event(event: SessionEvent): void {
    if (event.type === 'session.start') this.#watchLevels(event.sessionId);
    if (event.type === 'session.end') this.#living.delete(event.sessionId);
    this.#take({ type: 'event', event });
  }

  /** Shows a line in the log that belongs to no event. */
  line(tag: LogTag, text: string): void {
    this.#take({ type: 'line', tag, text });
  }

  /** Shows what has changed about the relay. */
  relay(facts: Partial<RelayFacts>): void {
    this.#take({ type: 'relay', facts });
  }

  /** Shows a sentence below everything else; of tone `busy` until the next one. */
  status(text: string, tone: StatusTone): void {
    this.#take({ type: 'status', text, tone });
  }

  /** Ends the dashboard and restores the terminal before it returns. Idempotent. */
  close(): void {
    this.#close({ reason: 'closed' });
  }

  #close(end: DashboardEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#restore();
    this.#flushTimer?.cancel();
    this.#levelTimer?.cancel();
    process.off('exit', this.#restore);
    process.off('uncaughtExceptionMonitor', this.#restore);
    void this.#painter.terminate().then(() => this.#end(end));
  }

  /** Gives the terminal back, all at once: a crash leaves no time for more, and its message belongs on the first screen. */
  readonly #restore = (): void => {
    if (!this.#open) return;
    this.#open = false;
    const { stdin, stdout } = this.#options;
    stdin.off('data', this.#onTyped);
    stdout.off('resize', this.#onResize);
    this.#gate.shut();
    this.#screen.leave();
    stdin.setRawMode(false);
    stdin.pause();
    for (const captured of this.#captured) captured.release();
    for (const line of this.#complaints) this.#options.captures?.stderr.write(`${line}\n`);
  };

  readonly #onTyped = (bytes: Buffer | string): void => {
    const text = typeof bytes === 'string' ? bytes : bytes.toString('utf8');
    // Ctrl-C works whatever the painter is doing.
    if (text.includes(interruptKey)) this.#close({ reason: 'interrupt' });
    else this.#post({ type: 'typed', text });
  };

  readonly #onResize = (): void => {
    const { columns, rows } = this.#options.stdout;
    this.#take({ type: 'resized', columns, rows });
  };

  #capture({ stdout, stderr }: NonNullable<DashboardOptions['captures']>): CapturedOutput[] {
    return [
      new CapturedOutput(stdout, (line) => this.line('INFO', line)),
      new CapturedOutput(stderr, (line) => {
        this.line('WARN', line);
        this.#complaints.push(line);
        if (this.#complaints.length > keptComplaints) this.#complaints.shift();
      }),
    ];
  }

  #take(input: DashboardInput): void {
    if (!this.#open) return;
    this.#waiting.push(input);
    this.#flushTimer ??= this.#options.clock.setTimer(batchMs, () => this.#flush());
  }

  #flush(): void {
    this.#flushTimer = null;
    const inputs = this.#waiting;
    this.#waiting = [];
    this.#post({ type: 'inputs', inputs });
  }

  #post(message: ToPainter): void {
    this.#painter.postMessage(message);
  }

  #watchLevels(sessionId: string): void {
    this.#living.add(sessionId);
    if (this.#options.levels)
      this.#levelTimer ??= this.#options.clock.setTimer(levelMs, () => this.#readLevels());
  }

  #readLevels(): void {
    this.#levelTimer = null;
    if (!this.#open || this.#living.size === 0) return;
    this.#take({ type: 'levels', readings: this.#options.levels?.() ?? [] });
    this.#levelTimer = this.#options.clock.setTimer(levelMs, () => this.#readLevels());
  }

  #onRequest(request: DashboardRequest): void {
    const { actions } = this.#options;
    switch (request.type) {
      case 'quit':
        this.#close({ reason: request.atOnce ? 'interrupt' : 'quit' });
        break;
      case 'place_call': {
        const kind = request.transport === 'twilio' ? 'phone' : 'web';
        void this.#act(`Placing a simulated ${kind} call.`, () => actions.placeCall(request.transport));
        break;
      }
      case 'open_page':
        void this.#act('Opening the test page.', () => actions.openPage());
        break;
      case 'toggle_recording':
        void this.#act('Switching recording.', () => actions.toggleRecording());
        break;
      case 'end_session':
        void this.#act(`Ending session ${request.sessionId}.`, () => actions.endSession(request.sessionId));
        break;
      case 'copy':
        break;
    }
  }

  async #act(doing: string, action: () => Promise<string>): Promise<void> {
    this.status(doing, 'busy');
    try {
      this.status(await action(), 'good');
    } catch (thrown) {
      this.status(thrown instanceof Error ? thrown.message : String(thrown), 'bad');
    }
  }
}

const interruptKey = '\u0003';
/** Events wait so long for others, so that hundreds a second cross the threads in few messages. */
const batchMs = 30;
const levelMs = 100;
const keptComplaints = 50;
