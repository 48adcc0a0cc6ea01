/** One session on disk: its events, both sides of its audio, its state machine steps, its metrics and its config. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AudioFrame } from '../../audio/audio-frame.js';
import type { Resampler } from '../../audio/resampler.js';
import type { Clock } from '../../core/clock.js';
import type { SessionEvent } from '../../events/session-event.js';
import type { Session } from '../../session/session.js';
import { traceLines } from '../../session/trace/session-trace.js';
import type { Heard, HeardMark, Transport } from '../../transport/transport.js';
import { makeFolder } from '../make-folder.js';
import { AgentTrack, type Cut } from './agent-track.js';
import { BackgroundFile } from './background-file.js';
import { CallerTrack } from './caller-track.js';
import { createQuietResampler } from './quiet-resampler.js';
import { recordingFiles } from './recording-folder.js';
import type { TransportSink } from './recorded-transport.js';
import { StereoFile } from './stereo-file.js';

/**
 * Audio is written once nothing can change it: by then a pause has reported what was heard (250 ms), a mark has reported
 * when, and a network stall has shown itself.
 */
const settledAfterMs = 1500;
/** Audio is written in pieces of this length, short enough that none delays a call. */
const pieceMs = 200;

export interface SessionRecordingOptions {
  readonly session: Session;
  readonly transport: Pick<Transport, 'inputFormat' | 'outputFormat'>;
  /** Created if needed, parents included. */
  readonly folder: string;
  /** The content of `config.json`. */
  readonly config: object;
  readonly clock: Clock;
  /** Called once if writing fails; nothing more is recorded then, and the session goes on. */
  readonly onFailure: (cause: unknown) => void;
}

/**
 * Writes a session's folder during the call: `config.json` at once, `events.ndjson` and `audio.wav` as the call goes on,
 * `trace.jsonl` and `metrics.json` at the end. The audio is stereo at the caller's rate and begins at `session.start`: the
 * caller on the left as received, the agent on the right as heard.
 */
export class SessionRecording implements TransportSink {
  /** Resolves when everything is written, or when writing has failed. */
  readonly finished: Promise<void>;
  readonly #session: Session;
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #onFailure: (cause: unknown) => void;
  readonly #events: BackgroundFile;
  readonly #audio: StereoFile;
  readonly #caller: CallerTrack;
  readonly #agent: AgentTrack;
  readonly #callerRateHz: number;
  readonly #agentRateHz: number;
  readonly #loading: Promise<void>;
  #resampler: Resampler | null = null;
  readonly #writingConfig: Promise<void>;
  readonly #onEvent = (event: SessionEvent): void => this.#take(event);
  #startMs: number | null = null;
  #endMs: number | null = null;
  #writtenMs = 0;
  #failed = false;
  #finishing = false;
  #resolveFinished!: () => void;

  constructor({ session, transport, folder, config, clock, onFailure }: SessionRecordingOptions) {
    this.#session = session;
    this.#folder = folder;
    this.#clock = clock;
    this.#onFailure = onFailure;
    this.finished = new Promise((resolve) => {
      this.#resolveFinished = resolve;
    });
    this.#callerRateHz = transport.inputFormat.sampleRateHz;
    this.#agentRateHz = transport.outputFormat.sampleRateHz;
    this.#caller = new CallerTrack(this.#callerRateHz);
    this.#agent = new AgentTrack(this.#agentRateHz);
    const made = makeFolder(folder);
    const failing = { onFailure: (cause: unknown) => this.#fail(cause) };
    this.#events = new BackgroundFile(join(folder, recordingFiles.events), made, failing);
    this.#audio = new StereoFile(join(folder, recordingFiles.audio), made, this.#callerRateHz, failing);
    this.#writingConfig = made
      .then(() => this.#writeJson(recordingFiles.config, config))
      .catch((cause: unknown) => this.#fail(cause));
    this.#loading = this.#load();
    session.on('*', this.#onEvent);
    void session.closed.then(() => this.finish());
  }

  onAudio({ samples }: AudioFrame): void {
    if (this.#endMs !== null) return;
    this.#caller.push(samples, this.#nowMs());
    this.#writeSettled();
  }

  onPlay({ samples }: AudioFrame): void {
    if (this.#endMs !== null) return;
    this.#agent.play(samples, this.#nowMs());
    this.#writeSettled();
  }

  onHeard({ positionSamples, atMs }: HeardMark): void {
    if (this.#startMs !== null) this.#agent.heard(positionSamples, atMs - this.#startMs);
  }

  onPause(heard: Promise<Heard>): void {
    const cut = this.#agent.pause(this.#nowMs());
    if (cut) this.#settle(cut, heard);
  }

  onResume(fromSamples: number): void {
    this.#agent.resume(fromSamples, this.#nowMs());
  }

  onClear(heard: Promise<Heard>): void {
    this.#settle(this.#agent.clear(this.#nowMs()), heard);
  }

  /** Ends the recording with the session so far. Idempotent; resolves when it is written. */
  finish(): Promise<void> {
    this.#session.off('*', this.#onEvent);
    this.#end();
    return this.finished;
  }

  #take(event: SessionEvent): void {
    if (event.type === 'session.start') this.#startMs = this.#clock.nowMs();
    this.#events.append(Buffer.from(`${JSON.stringify(event)}\n`));
    // Audio after the last event is left out, even if `finish` comes later.
    if (event.type === 'session.end') this.#endMs ??= this.#nowMs();
  }

  #settle(cut: Cut, heard: Promise<Heard>): void {
    heard.then(
      ({ positionSamples }) => this.#agent.settle(cut, positionSamples),
      () => undefined,
    );
  }

  #writeSettled(): void {
    const settledMs = Math.floor(this.#nowMs() - settledAfterMs);
    if (settledMs - this.#writtenMs >= pieceMs) this.#writeUntil(settledMs);
  }

  #writeUntil(untilMs: number): void {
    if (this.#failed || !this.#resampler) return;
    this.#writtenMs = untilMs;
    const caller = this.#caller.read(samplesIn(untilMs, this.#callerRateHz));
    const agent = this.#agent.read(samplesIn(untilMs, this.#agentRateHz));
    try {
      this.#audio.write(caller, this.#resampler.push(agent));
    } catch (cause) {
      // Rethrowing would end the call.
      this.#fail(cause);
    }
  }

  #end(): void {
    if (this.#finishing) return;
    this.#finishing = true;
    this.#endMs ??= this.#nowMs();
    void this.#finish(this.#endMs).then(() => this.#resolveFinished());
  }

  async #finish(endMs: number): Promise<void> {
    // Read now: steps after the end of the recording are not part of it.
    const { trace } = this.#session;
    await this.#loading;
    this.#writeUntil(Math.max(this.#writtenMs, Math.floor(endMs)));
    if (this.#resampler) {
      this.#audio.write(new Int16Array(0), this.#resampler.flush());
      this.#resampler.close();
      this.#resampler = null;
    }
    await Promise.all([this.#events.close(), this.#audio.close(), this.#writingConfig]);
    if (this.#failed) return;
    try {
      await this.#write(recordingFiles.trace, traceLines(trace));
      await this.#writeJson(recordingFiles.metrics, this.#session.getMetrics());
    } catch (cause) {
      this.#fail(cause);
    }
  }

  async #load(): Promise<void> {
    try {
      this.#resampler = await createQuietResampler({ fromHz: this.#agentRateHz, toHz: this.#callerRateHz });
    } catch (cause) {
      this.#fail(cause);
    }
  }

  #writeJson(name: string, content: object): Promise<void> {
    return this.#write(name, `${JSON.stringify(content, null, 2)}\n`);
  }

  #write(name: string, content: string | AsyncIterable<string>): Promise<void> {
    return writeFile(join(this.#folder, name), content, { mode: 0o600, flag: 'wx' });
  }

  #fail(cause: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#session.off('*', this.#onEvent);
    this.#onFailure(cause);
    this.#end();
  }

  /** Milliseconds since `session.start`; 0 before it. */
  #nowMs(): number {
    return this.#startMs === null ? 0 : this.#clock.nowMs() - this.#startMs;
  }
}

function samplesIn(ms: number, sampleRateHz: number): number {
  return Math.floor((ms * sampleRateHz) / 1000);
}
