/** `hzrelay dev`: runs the relay on this machine and shows everything that happens in it. */
import { once } from 'node:events';
import { systemClock, within } from '../../core/clock.js';
import { systemJobs } from '../../dashboard/job-control.js';
import type { SessionEvent } from '../../events/session-event.js';
import { announceRelay } from '../../relay/relay-announcement.js';
import type { Relay } from '../../relay/relay.js';
import type { RelayNotice } from '../../relay/relay-options.js';
import { messageOf } from '../../core/errors.js';
import { findAgentFile } from '../agent/agent-file.js';
import { readEnvironmentBeside } from '../agent/environment-beside.js';
import { DevAgent } from './dev-agent.js';
import { relayOf, type DevOptions } from './dev-options.js';
import type { DevView } from './dev-view.js';
import { LogFile } from './log-file.js';
import { PlainView } from './plain-view.js';
import { PublicAccess } from './public-access.js';
import { TestCaller } from './test-caller.js';
import { exitCodes, orAborted } from '../exit.js';
import { speculating } from '../speculating.js';
import { pageLink, recordingToTry, type RelayFacts } from './introduction.js';
import { makeRecordingFolder } from '../replay/replay-inputs.js';
import { output, progress } from '../terminal.js';

/** Where the dashboard's key records sessions if `--record` named no folder. */
const defaultRecordings = 'recordings';
/** How long ending the calls waits until the number is restored. */
const numberFirstMs = 2000;

/** Runs until the user quits or the signal aborts, then ends the calls politely. Resolves with the exit code. */
export async function dev(
  agentFile: string | undefined,
  options: DevOptions & { readonly version: string },
  signal: AbortSignal,
): Promise<number> {
  const { json = false, verbose = false } = options;
  const path = findAgentFile(agentFile);
  const agent = await DevAgent.load(path, readEnvironmentBeside(path));
  const inDashboard = usesDashboard(options);
  if (options.record !== undefined) await makeRecordingFolder(options.record);
  const plain = new PlainView({ json, verbose });
  const run = new DevRun(agent, plain, options);
  if (options.log !== undefined) await run.logTo(options.log);
  progress('Starting the relay and loading its speech models.');
  try {
    await run.start(signal);
    if (inDashboard) await run.showDashboard();
    else run.showLines();
    await Promise.race([run.quit, signal.aborted || once(signal, 'abort')]);
  } finally {
    await run.stop();
  }
  return exitCodes.ok;
}

/** The dashboard needs stdin and stdout to be terminals, and the process to be in the foreground (not run with `&`). */
function usesDashboard({ json, plain }: DevOptions): boolean {
  const { CI, TERM } = process.env;
  if (json || plain || CI || TERM === 'dumb') return false;
  return process.stdout.isTTY && process.stdin.isTTY && systemJobs.inForeground();
}

/** One run of the command: the relay, its surroundings and its view. */
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
  #unlisten: () => void = () => undefined;
  #isReady = false;

  constructor(agent: DevAgent, plain: PlainView, options: DevOptions & { readonly version: string }) {
    this.#agent = agent;
    this.#plain = plain;
    this.#view = plain;
    this.#options = options;
    this.#relay = relayOf(options, {
      session: () => speculating(agent.session, options.speculation),
      page: () => agent.introduction,
      onNotice: (notice) => this.#notice(notice),
    });
    this.#caller = new TestCaller(this.#relay);
  }

  /** Resolves when the user quits. */
  get quit(): Promise<unknown> {
    return this.#view.quit;
  }

  async logTo(path: string): Promise<void> {
    const log = await LogFile.open(path, (message) => this.#view.notice({ level: 'error', message }));
    this.#log = log;
    this.#unlisten = output.onLost((message) => log.notice({ level: 'warn', message }));
  }

  /** Resolves when the relay takes calls. */
  async start(signal: AbortSignal): Promise<void> {
    const relay = this.#relay;
    relay.on('*', (event) => this.#event(event));
    const warm = relay.warmUp(this.#agent.session);
    // If listen() fails, the warm-up fails too: report the error of listen().
    warm.catch(() => undefined);
    await orAborted(relay.listen(), signal);
    await orAborted(warm, signal);
    this.#agent.watch(
      (session) => {
        this.#notice({
          level: 'info',
          message: `${this.#agent.fileName ?? ''} was loaded; the next call uses it.`,
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
  }

  showLines(): void {
    this.#view.ready(this.#facts());
  }

  async showDashboard(): Promise<void> {
    const { DashboardView } = await import('./dashboard-view.js');
    const relay = this.#relay;
    const view = new DashboardView({
      facts: this.#facts(),
      fallback: this.#plain,
      readings: () =>
        relay.sessions.map(({ id, levels, activity }) => ({ sessionId: id, ...levels, doing: activity })),
      actions: {
        placeCall: (via) => this.#caller.call(via),
        openPage: async () => {
          const { openPage } = await import('./open-page.js');
          return openPage(pageLink(this.#facts()), systemClock);
        },
        toggleRecording: () => this.#toggleRecording(),
        endSession: async (id) => {
          await relay.sessions.find((session) => session.id === id)?.end('ended');
          return `Session ${id} was ended.`;
        },
      },
    });
    this.#view = view;
    void view.quit.then((how) => {
      // Raw mode turns Ctrl-C into a key, and not every closed terminal sends SIGHUP: send the signal ourselves.
      if (how === 'interrupt') process.kill(process.pid, 'SIGINT');
      if (how === 'hangup') process.kill(process.pid, 'SIGHUP');
    });
  }

  /**
   * Gives the terminal back, restores the number, ends calls, relay and tunnel. Each step runs even if others fail, and
   * none depends on working output.
   */
  async stop(): Promise<void> {
    await this.#step(() => this.#view.close());
    this.#view = this.#plain;
    this.#stopping.abort(new Error('The relay is stopping.'));
    this.#caller.close();
    this.#agent.close();
    const calls = this.#relay.sessions.length;
    if (this.#isReady && calls > 0)
      this.#plain.say(
        `Ending ${calls} ${calls === 1 ? 'call' : 'calls'}; press Ctrl-C again to stop at once.`,
      );
    // The number first, to stop new calls; but ending the calls does not wait for a slow Twilio.
    const released = this.#step(() => this.#access?.release());
    await within(systemClock, numberFirstMs, released);
    await this.#step(() => this.#relay.close());
    await released;
    // The tunnel last: the calls need it to end.
    await this.#step(() => this.#access?.close());
    await this.#step(() => this.#withdraw());
    this.#unlisten();
    await this.#step(() => this.#log?.close());
    if (this.#isReady) this.#plain.say('Stopped.');
  }

  async #step(act: () => unknown): Promise<void> {
    try {
      await act();
    } catch (thrown) {
      this.#warn(thrown);
    }
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

  /** Saves the token for this user's other commands. If that fails, they need HZRELAY_TOKEN. */
  async #announce(): Promise<void> {
    const { url, access } = this.#relay;
    const token = access.guarded ? access.token : null;
    const announced = JSON.stringify([url, token]);
    if (announced === this.#announced) return;
    this.#announced = announced;
    try {
      this.#withdraw = await announceRelay({ url, token });
    } catch (thrown) {
      // Without a token the other commands miss nothing.
      if (token !== null)
        this.#notice({
          level: 'warn',
          message: `${messageOf(thrown)} Until then hzrelay logs and call need HZRELAY_TOKEN, also on this machine.`,
        });
    }
  }

  async #toggleRecording(): Promise<string> {
    const relay = this.#relay;
    const folder = this.#options.record ?? defaultRecordings;
    if (relay.recording === null) await makeRecordingFolder(folder);
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
      checksSignatures: relay.options.twilioAuthTokens.length > 0,
      token,
      recording: recordingToTry(),
    };
  }
}
