/** `hzrelay dev`: the relay on this machine, and everything that happens in it. */
import { once } from 'node:events';
import type { SessionEvent } from '../events/session-event.js';
import { announceRelay } from '../server/relay-announcement.js';
import type { Relay } from '../server/relay.js';
import type { RelayNotice } from '../server/relay-options.js';
import { messageOf } from '../errors.js';
import { findAgentFile } from './agent-file.js';
import { DevAgent } from './dev/dev-agent.js';
import { relayOf, type DevOptions } from './dev/dev-options.js';
import type { DevView } from './dev/dev-view.js';
import { LogFile } from './dev/log-file.js';
import { PlainView } from './dev/plain-view.js';
import { PublicAccess } from './dev/public-access.js';
import { TestCaller } from './dev/test-caller.js';
import { exitCodes, orAborted } from './exit.js';
import { pageLink, recordingToTry, type RelayFacts } from './introduction.js';
import { progress } from './terminal.js';

/** Where sessions are recorded to when the dashboard's key asks for it and no folder was named. */
const defaultRecordings = 'recordings';

/** Runs until somebody quits or the signal aborts, then ends the calls politely. Resolves with the exit code. */
export async function dev(
  agentFile: string | undefined,
  options: DevOptions & { readonly version: string },
  signal: AbortSignal,
): Promise<number> {
  const { json = false, verbose = false } = options;
  const agent = await DevAgent.load(findAgentFile(agentFile));
  const plain = new PlainView({ json, verbose });
  const run = new DevRun(agent, plain, options);
  if (options.log !== undefined) await run.logTo(options.log);
  progress('Starting the relay and loading its speech models.');
  try {
    await run.start(signal);
    if (usesDashboard(options)) await run.showDashboard();
    await Promise.race([run.quit, signal.aborted || once(signal, 'abort')]);
  } finally {
    await run.stop();
  }
  return exitCodes.ok;
}

/** The dashboard needs a terminal on both sides, and somebody who looks at it. */
function usesDashboard({ json, plain }: DevOptions): boolean {
  const { CI, TERM } = process.env;
  if (json || plain || CI || TERM === 'dumb') return false;
  return process.stdout.isTTY && process.stdin.isTTY;
}

/** One run of it: the relay, what surrounds it, and what shows it. */
class DevRun {
  readonly #agent: DevAgent;
  readonly #plain: PlainView;
  readonly #options: DevOptions & { readonly version: string };
  readonly #relay: Relay;
  readonly #caller: TestCaller;
  readonly #stopping = new AbortController();
  #view: DevView;
  #access: PublicAccess | null = null;
  #log: LogFile | null = null;
  #withdraw: () => Promise<void> = () => Promise.resolve();
  #announced = '';
  #isReady = false;

  constructor(agent: DevAgent, plain: PlainView, options: DevOptions & { readonly version: string }) {
    this.#agent = agent;
    this.#plain = plain;
    this.#view = plain;
    this.#options = options;
    this.#relay = relayOf(options, {
      session: () => agent.session,
      onNotice: (notice) => this.#notice(notice),
    });
    this.#caller = new TestCaller(this.#relay);
  }

  /** Resolves when a person at the keyboard wants to stop. */
  get quit(): Promise<unknown> {
    return this.#view.quit;
  }

  async logTo(path: string): Promise<void> {
    this.#log = await LogFile.open(path, (message) => this.#view.notice({ level: 'error', message }));
  }

  /** Resolves when calls are answered. */
  async start(signal: AbortSignal): Promise<void> {
    const relay = this.#relay;
    relay.on('*', (event) => this.#event(event));
    const warm = relay.warmUp(this.#agent.session);
    // A relay that cannot listen closes everything; why it cannot is the error to tell.
    warm.catch(() => undefined);
    await orAborted(relay.listen(), signal);
    await orAborted(warm, signal);
    this.#agent.watch(
      (session) => {
        this.#notice({
          level: 'info',
          message: `${this.#agent.fileName ?? ''} was loaded: the next call gets it.`,
        });
        this.#changed();
        void relay.warmUp(session).catch((thrown: unknown) => this.#warn(thrown));
      },
      (message) =>
        this.#notice({ level: 'error', message: `${message}\nThe last version that worked stays in use.` }),
    );
    const { domain, webhook } = this.#options;
    this.#access = new PublicAccess({
      relay,
      domain,
      webhook,
      signal: this.#stopping.signal,
      onNotice: (notice) => this.#notice(notice),
      onChange: () => this.#changed(),
    });
    await this.#announce();
    this.#access.open();
    this.#isReady = true;
    if (!usesDashboard(this.#options)) this.#view.ready(this.#facts());
  }

  async showDashboard(): Promise<void> {
    const { DashboardView } = await import('./dev/dashboard-view.js');
    const relay = this.#relay;
    const view = new DashboardView({
      facts: this.#facts(),
      fallback: this.#plain,
      levels: () => relay.sessions.map(({ id, levels }) => ({ sessionId: id, ...levels })),
      actions: {
        placeCall: (via) => this.#caller.call(via),
        openPage: async () => {
          const { openPage } = await import('./dev/open-page.js');
          return openPage(pageLink(this.#facts()));
        },
        toggleRecording: () => Promise.resolve(this.#toggleRecording()),
        endSession: async (id) => {
          await relay.sessions.find((session) => session.id === id)?.end('ended');
          return `Session ${id} was ended.`;
        },
      },
    });
    this.#view = view;
    void view.quit.then((how) => {
      // Ctrl-C is a key there; for everyone else it is the signal.
      if (how === 'interrupt') process.kill(process.pid, 'SIGINT');
    });
  }

  /** Ends calls, tunnel and relay, and gives the terminal back first. */
  async stop(): Promise<void> {
    this.#view.close();
    this.#view = this.#plain;
    this.#stopping.abort(new Error('The relay is stopping.'));
    this.#caller.close();
    this.#agent.close();
    const calls = this.#relay.sessions.length;
    if (this.#isReady && calls > 0)
      this.#plain.say(
        `Ending ${calls} ${calls === 1 ? 'call' : 'calls'}; press Ctrl-C again to stop at once.`,
      );
    // The number first: nobody should be sent here any more.
    await this.#access?.close();
    await this.#relay.close();
    await this.#withdraw();
    await this.#log?.close();
    if (this.#isReady) this.#plain.say('Stopped.');
  }

  #event(event: SessionEvent): void {
    this.#log?.event(event);
    this.#view.event(event);
  }

  #notice(notice: RelayNotice): void {
    this.#log?.notice(notice);
    this.#view.notice(notice);
  }

  #warn(thrown: unknown): void {
    this.#notice({ level: 'warn', message: messageOf(thrown) });
  }

  #changed(): void {
    void this.#announce();
    this.#view.changed(this.#facts());
  }

  /** Leaves the token where this user's other commands find it; where it cannot be left, they ask for it. */
  async #announce(): Promise<void> {
    const { url, access } = this.#relay;
    const token = access.guarded ? access.token : null;
    const announced = JSON.stringify([url, token]);
    if (announced === this.#announced) return;
    this.#announced = announced;
    try {
      this.#withdraw = await announceRelay({ url, token });
    } catch (thrown) {
      this.#warn(thrown);
    }
  }

  #toggleRecording(): string {
    const relay = this.#relay;
    const folder = this.#options.record ?? defaultRecordings;
    relay.recording = relay.recording === null ? folder : null;
    this.#changed();
    return relay.recording === null ? 'Calls are not recorded any more.' : `Calls are recorded in ${folder}.`;
  }

  #facts(): RelayFacts {
    const relay = this.#relay;
    const token = relay.access.guarded ? relay.access.token : null;
    return {
      version: this.#options.version,
      readyMs: process.uptime() * 1000,
      url: relay.url,
      agentFile: this.#agent.fileName,
      providers: this.#agent.providers,
      phoneNumber: this.#access?.phoneNumber ?? null,
      isRecording: relay.recording !== null,
      isOpening: this.#access?.isOpening ?? false,
      publicUrl: relay.publicUrl,
      checksSignatures: relay.options.twilioAuthToken !== null,
      token,
      recording: recordingToTry(),
    };
  }
}
