/**
 * Changes of a running session, in their order: each is prepared at once, and takes effect between two turns. Until then
 * the call goes on with the old parts.
 */
import { InvalidStateError } from '../core/errors.js';
import type { Transport } from '../transport/transport.js';
import { matchVoice, type CallVoice, type MatchedVoice } from './call-voice.js';
import type { InputPipeline } from './input/input-pipeline.js';
import type { MachineRunner } from './machine-runner.js';
import { replaceParts, type LiveParts } from './live-parts.js';
import type { PreparedChange, SessionChange, SessionUpdater } from './session-change.js';
import type { SessionReporter } from './session-reporter.js';
import { providerNames } from './session-start.js';
import type { TurnRunner } from './turn-runner.js';
import { unsayableTexts } from './unsayable-texts.js';

/** What a session has once its call runs. */
export interface CallInUse {
  readonly voice: CallVoice;
  readonly input: InputPipeline;
}

export interface SessionUpdatesOptions {
  readonly updater: SessionUpdater;
  readonly parts: LiveParts;
  readonly reporter: SessionReporter;
  readonly turns: TurnRunner;
  /** Milliseconds since `session.start`; 0 before it. */
  readonly nowMs: () => number;
  readonly machine: MachineRunner;
  /** The call's transport; null before the call. */
  readonly transport: () => Transport | null;
  /** Null before the call has begun. */
  readonly call: () => CallInUse | null;
}

/** A change that waits for the end of the turn. */
interface ReadyChange extends Omit<PreparedChange, 'accept'> {
  /** The new voice at the transport's rate; null if the voice stays, or there is no transport yet. */
  readonly voice: MatchedVoice | null;
  readonly done: () => void;
}

export class SessionUpdates {
  readonly #options: SessionUpdatesOptions;
  readonly #ready: ReadyChange[] = [];
  /** Settles when the changes so far are prepared. */
  #prepared: Promise<unknown> = Promise.resolve();
  /** Rejects when the session ends. */
  readonly #ended: Promise<never>;
  #end!: (error: InvalidStateError) => void;
  #error: InvalidStateError | null = null;

  constructor(options: SessionUpdatesOptions) {
    this.#options = options;
    this.#ended = new Promise((_, reject) => (this.#end = reject));
    this.#ended.catch(() => undefined);
  }

  /** See `Session.update()`. */
  async update(change: SessionChange): Promise<void> {
    if (this.#error) throw this.#error;
    const effect = new Promise<void>((resolve, reject) => {
      this.#prepared = this.#prepared.then(() => this.#prepare(change, resolve)).catch(reject);
    });
    return Promise.race([effect, this.#ended]);
  }

  /** Carries out the changes that are ready, if no turn runs. */
  apply(): void {
    while (this.#isBetweenTurns()) {
      const next = this.#ready.shift();
      if (!next) return;
      this.#carryOut(next);
    }
  }

  /** The session has ended: the changes that wait are refused. */
  stop(): void {
    this.#error = new InvalidStateError(
      `Session ${this.#options.parts.id} has ended and cannot be changed any more.`,
    );
    this.#end(this.#error);
    for (const { voice } of this.#ready.splice(0)) voice?.close();
  }

  /** Whether a change may take effect: before the call, and while no answer is made or played. */
  #isBetweenTurns(): boolean {
    const { machine, turns, transport, call } = this.#options;
    const { phase, agent } = machine.state;
    if (phase === 'waiting') return transport() === null;
    const isQuiet = turns.isIdle || agent?.phase === 'awaiting' || agent?.phase === 'revoked';
    return phase === 'live' && call() !== null && isQuiet;
  }

  #hasEnded(): boolean {
    return this.#error !== null;
  }

  async #prepare(change: SessionChange, done: ReadyChange['done']): Promise<void> {
    if (this.#error) throw this.#error;
    const { updater, transport } = this.#options;
    const prepared = await updater.prepare(change);
    const outside = transport();
    const { parts, changed } = prepared;
    // Without a transport nothing is awaited, so that the call cannot begin in between.
    if (outside && changed.includes('stt')) await parts.stt.prepare?.(outside.inputFormat);
    const isNewVoice = outside !== null && changed.includes('tts');
    const voice = isNewVoice ? await matchVoice(parts.tts, outside.outputFormat) : null;
    if (this.#hasEnded()) return voice?.close();
    prepared.accept();
    this.#ready.push({ parts, changed, voice, done });
    this.apply();
  }

  #carryOut({ parts: next, changed, voice, done }: ReadyChange): void {
    const { parts, turns, nowMs, machine } = this.#options;
    const answers = changed.some((part) => part !== 'stt');
    replaceParts(parts, next);
    turns.changed(answers);
    const call = this.#options.call();
    if (voice && call) call.voice.replace(voice);
    call?.input.change(parts);
    machine.dispatch({
      type: 'changed',
      atMs: nowMs(),
      flushesEarly: parts.stt.flushesEarly ?? false,
      speculation: parts.speculation,
      recogniser: changed.includes('stt'),
      answers,
    });
    if (call && changed.length > 0) this.#report(changed);
    done();
  }

  #report(changed: PreparedChange['changed']): void {
    const { parts, reporter, machine } = this.#options;
    reporter.emit({
      type: 'session.updated',
      turn: machine.currentTurn,
      changed,
      providers: providerNames(parts),
    });
    if (changed.includes('tts') || changed.includes('agent'))
      reporter.notices('unsayable_text', unsayableTexts(parts));
  }
}
