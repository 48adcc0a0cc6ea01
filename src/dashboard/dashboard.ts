/**
 * The terminal dashboard, as the command line uses it. It paints in its own thread: a large terminal or a slow
 * connection never delays the calls' thread, which only posts messages.
 */
import type { Clock, Timer } from '../core/clock.js';
import type { SessionEvent } from '../events/session-event.js';
import type { LogTag } from '../events/sys-log.js';
import { transportOf, type TransportType } from '../transport/registry.js';
import type { Printable } from './captured-output.js';
import { FrameGate } from './frame-gate.js';
import { HeldTerminal, type TerminalInput, type TerminalOutput } from './held-terminal.js';
import { systemJobs, type JobControl } from './job-control.js';
import type { DashboardInput, SessionReading } from './model/dashboard-model.js';
import type { StatusTone } from './model/dashboard-ui.js';
import type { DashboardRequest } from './model/key-press.js';
import type { RelayFacts } from './model/relay-facts.js';
import { PaintingThread } from './painting-thread.js';

/**
 * The user's actions. Each resolves with a sentence for the status line, or rejects with an error that says why not.
 */
export interface DashboardActions {
  placeCall(transport: TransportType): Promise<string>;
  openPage(): Promise<string>;
  toggleRecording(): Promise<string>;
  endSession(sessionId: string): Promise<string>;
}

export interface DashboardOptions {
  readonly relay: RelayFacts;
  readonly actions: DashboardActions;
  readonly stdin: TerminalInput;
  readonly stdout: TerminalOutput;
  readonly clock: Clock;
  /** Whether the terminal shows colours; bold and dim are used anyway. */
  readonly colour: boolean;
  /** The audio levels and activity of running sessions; called about seven times a second while there are any. */
  readonly readings?: () => readonly SessionReading[];
  /**
   * The process's output streams: lines printed there go to the log while the dashboard is open. The latest lines for
   * `stderr` are printed there again when it closes.
   */
  readonly captures?: { readonly stdout: Printable; readonly stderr: Printable };
  /** @default the system's */
  readonly jobs?: JobControl;
}

/**
 * Why the dashboard ended: the user quit (`quit`) or pressed Ctrl-C (`interrupt`), the terminal was closed (`hangup`),
 * or it failed. The terminal is restored already.
 */
export type DashboardEnd =
  | { readonly reason: 'quit' | 'interrupt' | 'hangup' | 'closed' }
  | { readonly reason: 'failed'; readonly cause: unknown };

export class Dashboard {
  /** Resolves when the dashboard has ended and the terminal is restored. Never rejects. */
  readonly closed: Promise<DashboardEnd>;
  readonly #options: DashboardOptions;
  readonly #jobs: JobControl;
  readonly #terminal: HeldTerminal;
  readonly #gate = new FrameGate();
  readonly #painter: PaintingThread;
  readonly #living = new Set<string>();
  /** The latest lines for stderr. */
  readonly #complaints: string[] = [];
  #waiting: DashboardInput[] = [];
  #flushTimer: Timer | null = null;
  #readTimer: Timer | null = null;
  #resumeTimer: Timer | null = null;
  #end: (end: DashboardEnd) => void = () => undefined;
  /** False once the terminal was restored for the last time. */
  #open = true;
  #ended = false;
  #hidden = false;

  constructor(options: DashboardOptions) {
    this.#options = options;
    const { stdin, stdout, captures, relay, colour, jobs = systemJobs } = options;
    this.#jobs = jobs;
    this.closed = new Promise((resolve) => (this.#end = resolve));
    this.#terminal = new HeldTerminal({
      stdin,
      stdout,
      captures,
      gate: this.#gate,
      onTyped: (text) => this.#onTyped(text),
      onResize: (columns, rows) => this.#take({ type: 'resized', columns, rows }),
      onPrinted: (where, line) => this.#onPrinted(where, line),
      onGone: () => this.#close({ reason: 'hangup' }),
    });
    this.#terminal.take();
    const { columns, rows, fd } = stdout;
    this.#painter = new PaintingThread({
      data: { relay, columns, rows, colour, fd, gate: this.#gate.memory, framesPerThread },
      nowMs: () => options.clock.nowMs(),
      onRequest: (request) => this.#onRequest(request),
      onFailed: (cause) => this.#close(endOf(cause)),
    });
    process.on('exit', this.#restore);
    process.on('uncaughtExceptionMonitor', this.#restore);
    process.on('SIGTSTP', this.#onStop);
    process.on('SIGCONT', this.#onContinue);
  }

  /** Whether the process is in the background, so that the dashboard is not shown. */
  get hidden(): boolean {
    return this.#hidden;
  }

  /** Shows an event. */
  event(event: SessionEvent): void {
    if (event.type === 'session.start') this.#watch(event.sessionId);
    if (event.type === 'session.end') this.#living.delete(event.sessionId);
    this.#take({ type: 'event', event });
  }

  /** Shows a line in the log that belongs to no event. */
  line(tag: LogTag, text: string): void {
    this.#take({ type: 'line', tag, text });
  }

  /** Shows changed facts about the relay. */
  relay(facts: Partial<RelayFacts>): void {
    this.#take({ type: 'relay', facts });
  }

  /** Shows a sentence in the status line; with tone `busy` until the next one. */
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
    for (const timer of [this.#flushTimer, this.#readTimer, this.#resumeTimer]) timer?.cancel();
    process.off('exit', this.#restore);
    process.off('uncaughtExceptionMonitor', this.#restore);
    process.off('SIGTSTP', this.#onStop);
    process.off('SIGCONT', this.#onContinue);
    void this.#painter.terminate().then(() => this.#end(end));
  }

  /**
   * Restores the terminal synchronously: a crash leaves no time for more, and its message belongs on the main screen.
   */
  readonly #restore = (): void => {
    if (!this.#open) return;
    this.#open = false;
    this.#terminal.give();
    for (const line of this.#complaints) this.#say(line);
  };

  /** Another process suspends this one (`kill -TSTP`). */
  readonly #onStop = (): void => this.#suspend('process');

  /**
   * The process continues, after its own suspension or after SIGSTOP, when the shell has changed the terminal's modes.
   */
  readonly #onContinue = (): void => {
    if (this.#ended) return;
    if (!this.#hidden) {
      this.#hidden = true;
      if (this.#jobs.inForeground()) this.#terminal.give();
      else this.#terminal.lose();
    }
    this.#resume();
  };

  #suspend(what: 'process' | 'job'): void {
    if (this.#ended || this.#hidden) return;
    this.#hidden = true;
    this.#terminal.give();
    this.#say('The relay and its calls are suspended; fg resumes them.');
    // With a listener the signal would not suspend the process.
    process.off('SIGTSTP', this.#onStop);
    this.#jobs.stop(what);
    // SIGCONT resumes. Without a shell to continue the process, the system does not suspend it: then the timer resumes.
    this.#resumeTimer = this.#options.clock.setTimer(notStoppedMs, () => this.#resume());
  }

  /** Takes the terminal again as soon as the process is in the foreground. */
  #resume(): void {
    this.#resumeTimer?.cancel();
    this.#resumeTimer = null;
    if (this.#ended || !this.#hidden) return;
    if (!this.#jobs.inForeground()) {
      // The shell does not signal a running job when it brings it to the foreground.
      this.#resumeTimer = this.#options.clock.setTimer(lookAgainMs, () => this.#resume());
      return;
    }
    this.#hidden = false;
    process.off('SIGTSTP', this.#onStop);
    process.on('SIGTSTP', this.#onStop);
    this.#terminal.take();
    // Only the shell was told of size changes in the meantime.
    process.emit('SIGWINCH', 'SIGWINCH');
    this.#painter.post({ type: 'cleared' });
  }

  #say(line: string): void {
    this.#options.captures?.stderr.write(`${line}\n`);
  }

  #onTyped(text: string): void {
    // Both work even if the painter is busy or stuck.
    if (text.includes(interruptKey)) this.#close({ reason: 'interrupt' });
    else if (text.includes(suspendKey)) this.#suspend('job');
    else this.#painter.post({ type: 'typed', text });
  }

  #onPrinted(where: 'stdout' | 'stderr', line: string): void {
    this.line(where === 'stdout' ? 'INFO' : 'WARN', line);
    if (where === 'stdout') return;
    this.#complaints.push(line);
    if (this.#complaints.length > keptComplaints) this.#complaints.shift();
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
    this.#painter.post({ type: 'inputs', inputs });
  }

  #watch(sessionId: string): void {
    this.#living.add(sessionId);
    if (this.#options.readings) this.#readTimer ??= this.#options.clock.setTimer(readMs, () => this.#read());
  }

  #read(): void {
    this.#readTimer = null;
    if (!this.#open || this.#living.size === 0) return;
    this.#take({ type: 'readings', readings: this.#options.readings?.() ?? [] });
    this.#readTimer = this.#options.clock.setTimer(readMs, () => this.#read());
  }

  #onRequest(request: DashboardRequest): void {
    const { actions } = this.#options;
    switch (request.type) {
      case 'quit':
        this.#close({ reason: request.atOnce ? 'interrupt' : 'quit' });
        break;
      case 'place_call': {
        const { title } = transportOf(request.transport);
        void this.#act(`Placing a simulated ${title} call.`, () => actions.placeCall(request.transport));
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

/** Handles the painter's end. A closed terminal that accepts no frames is not a failure. */
function endOf(cause: Error): DashboardEnd {
  const { code } = cause as NodeJS.ErrnoException;
  return code === 'EIO' || code === 'ENXIO' ? { reason: 'hangup' } : { reason: 'failed', cause };
}

const interruptKey = '\u0003';
const suspendKey = '\u001a';
/** A suspension takes effect well within this time. */
const notStoppedMs = 200;
const lookAgainMs = 1000;
/** Batches events for this long, so that hundreds a second cross the threads in few messages. */
const batchMs = 30;
/** Each frame redraws all panels: updating the meters less often keeps drawing cheap. */
const readMs = 150;
const keptComplaints = 50;
/** Limits Ink's memory to a few dozen megabytes; reached after ten minutes of constant drawing. */
const framesPerThread = 6000;
