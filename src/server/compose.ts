/**
 * The one place where config becomes objects. Embedded providers are shared by all sessions of a relay, since their
 * workers and models are; what the user brings is used as it is and never closed here.
 */
import type { Clock } from '../clock.js';
import { functionModel } from '../llm/function-model.js';
import type { LanguageModel } from '../llm/language-model.js';
import { appointmentDesk } from '../llm/local/appointment-desk.js';
import type { SessionParts } from '../session/session-parts.js';
import { defaultTurnTaking } from '../session/turn-taking.js';
import { localSpeechToText } from '../stt/local/local-speech-to-text.js';
import type { SpeechToText } from '../stt/speech-to-text.js';
import { localTextToSpeech } from '../tts/local/local-text-to-speech.js';
import type { TextToSpeech } from '../tts/text-to-speech.js';
import type { VoiceActivityDetection } from '../vad/voice-activity-detector.js';
import { webRtcVad } from '../vad/webrtc-vad.js';
import type { ResolvedConfig } from './config.js';

interface Closable {
  warmUp?(): Promise<void>;
  close?(): Promise<void>;
}

/** The embedded providers of one relay, made when they are first needed. */
export class Providers {
  readonly #shared = new Map<string, Closable>();
  readonly #vad = webRtcVad();

  /** Everything a session of this config needs. */
  parts(config: ResolvedConfig, id: string, clock: Clock): SessionParts {
    const stt = this.#stt(config.stt);
    const { finalTimeoutMs = defaultTurnTaking.finalTimeoutMs } = stt;
    return {
      id,
      clock,
      transportType: config.type,
      vad: this.#vad,
      stt,
      llm: config.agent ? this.#llm(config.llm) : null,
      tts: this.#tts(config.tts),
      agent: config.agent,
      turnTaking: { ...defaultTurnTaking, finalTimeoutMs, ...config.turnTaking },
      limits: config.limits,
    };
  }

  /**
   * Loads what sessions of this config will need, so that the first call does not wait for it; null for what any session
   * needs. Throws what the providers throw.
   */
  async warmUp(config: ResolvedConfig | null): Promise<void> {
    const providers: Closable[] = config ? [this.#stt(config.stt), this.#tts(config.tts)] : [];
    if (config?.agent) providers.push(this.#llm(config.llm));
    await Promise.all([...providers.map(async (provider) => provider.warmUp?.()), loadVad(this.#vad)]);
  }

  /** Ends the workers. Idempotent. */
  async close(): Promise<void> {
    const shared = [...this.#shared.values()];
    this.#shared.clear();
    await Promise.all(shared.map(async (provider) => provider.close?.()));
  }

  #stt(stt: ResolvedConfig['stt']): SpeechToText {
    if ('open' in stt) return stt;
    const { grammar, words } = stt;
    return this.#share('stt', { grammar, words }, () =>
      localSpeechToText({ ...(grammar && { grammar }), ...(words && { words }) }),
    );
  }

  #llm(llm: ResolvedConfig['llm']): LanguageModel {
    if (typeof llm === 'function') return functionModel(llm);
    if ('generate' in llm) return llm;
    return this.#share('llm', {}, () => appointmentDesk());
  }

  #tts(tts: ResolvedConfig['tts']): TextToSpeech {
    if ('open' in tts) return tts;
    const { voice } = tts;
    return this.#share('tts', { voice }, () => localTextToSpeech(voice ? { voice } : {}));
  }

  #share<T extends Closable>(kind: string, options: object, make: () => T): T {
    const key = `${kind} ${JSON.stringify(options)}`;
    const known = this.#shared.get(key) as T | undefined;
    if (known) return known;
    const made = make();
    this.#shared.set(key, made);
    return made;
  }
}

async function loadVad(vad: VoiceActivityDetection): Promise<void> {
  const detector = await vad.create();
  detector.close();
}
