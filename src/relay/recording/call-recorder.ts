/** Writes calls to disk when asked to. A failed recording never affects its call. */
import { join, resolve } from 'node:path';
import { wallMsOf, within, type Clock } from '../../core/clock.js';
import { HzRelayError, messageOf } from '../../core/errors.js';
import type { Session } from '../../session/session.js';
import type { Transport } from '../../transport/transport.js';
import type { ResolvedConfig } from '../config/config.js';
import type { RelayNotice } from '../relay-options.js';
import { summariseConfig } from './config-summary.js';
import { recordedTransport } from './recorded-transport.js';
import { callFolderName, folderProblem } from './recording-folder.js';
import { SessionRecording } from './session-recording.js';

/** How long closing waits for the disk. */
const closeWithinMs = 5000;

/** What a recorder needs from its relay. */
export interface RecordedRelay {
  readonly clock: Clock;
  notify(level: RelayNotice['level'], message: string): void;
}

export class CallRecorder {
  readonly #relay: RecordedRelay;
  readonly #configs = new WeakMap<Session, ResolvedConfig>();
  readonly #running = new Set<SessionRecording>();
  #folder: string | null = null;
  readonly #folders = new Set<string>();
  /** Whether a failure to write to this folder was reported. */
  #complained = false;

  constructor(relay: RecordedRelay) {
    this.#relay = relay;
  }

  /** The folder that calls are recorded in; null if they are not recorded. */
  get folder(): string | null {
    return this.#folder;
  }

  /** The folders that calls are, and were, recorded in. */
  get folders(): readonly string[] {
    return [...this.#folders];
  }

  /** Records every call that begins from now on below this folder; null stops recording, running calls included. */
  recordTo(folder: string | null): void {
    const path = folder === null ? null : resolve(folder);
    if (path === this.#folder) return;
    this.#folder = path;
    if (path !== null) this.#folders.add(path);
    this.#complained = false;
    this.#relay.notify(
      'info',
      path === null ? 'Calls are not recorded any more.' : `Calls are recorded in ${path}.`,
    );
    if (path === null) for (const recording of this.#running) void recording.finish();
  }

  /** Makes the folder, if calls are recorded. Rejects with an HzRelayError if it cannot be written. */
  async open(): Promise<void> {
    if (this.#folder === null) return;
    const problem = await folderProblem(this.#folder);
    if (problem !== null)
      throw new HzRelayError(
        `The folder for recordings, ${this.#folder}, ${problem}. Name another one in \`record\`.`,
      );
  }

  /** Remembers the config of a session until its call begins. */
  configured(session: Session, config: ResolvedConfig): void {
    this.#configs.set(session, config);
  }

  /** The transport for the session to use: if calls are recorded, one that records. */
  attach(session: Session, transport: Transport): Transport {
    if (this.#folder === null) return transport;
    const folder = join(this.#folder, callFolderName(new Date(wallMsOf(this.#relay.clock)), session.id));
    const config = this.#configs.get(session);
    const recording = new SessionRecording({
      session,
      transport,
      folder,
      config: config ? summariseConfig(config) : {},
      clock: this.#relay.clock,
      onFailure: (cause) => this.#complain(session.id, cause),
    });
    this.#running.add(recording);
    void recording.finished.then(() => this.#running.delete(recording));
    return recordedTransport(transport, recording);
  }

  /** Resolves when every recording is written. */
  async idle(): Promise<void> {
    await Promise.all([...this.#running].map(({ finished }) => finished));
  }

  /** Ends the recordings that run; resolves when they are written, or after five seconds. */
  async close(): Promise<void> {
    for (const recording of this.#running) void recording.finish();
    if (this.#running.size > 0 && !(await within(this.#relay.clock, closeWithinMs, this.idle())))
      this.#relay.notify('warn', 'The last recordings may be incomplete: the disk is too slow.');
  }

  #complain(sessionId: string, cause: unknown): void {
    if (this.#complained) return;
    this.#complained = true;
    this.#relay.notify(
      'error',
      `Recording of session ${sessionId} has stopped: ${messageOf(cause)}. The call goes on. Further recording failures in this folder are not reported.`,
    );
  }
}
