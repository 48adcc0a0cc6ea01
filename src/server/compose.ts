/**
 * The one place where config becomes objects. Providers by name are shared by all sessions of a relay that name them alike,
 * with their workers, models and connections; what the user brings is used as it is and never closed here.
 */
import { negotiateFormat, type AudioFormat } from '../audio/audio-frame.js';
import type { Clock } from '../clock.js';
import { functionModel } from '../llm/function-model.js';
import type { LanguageModel } from '../llm/language-model.js';
import { appointmentDesk } from '../llm/local/appointment-desk.js';
import { openAiLanguageModel } from '../llm/openai/openai-language-model.js';
import type { SessionParts } from '../session/session-parts.js';
import { defaultTurnTaking } from '../session/turn-taking.js';
import { deepgramSpeechToText } from '../stt/deepgram/deepgram-speech-to-text.js';
import { localSpeechToText } from '../stt/local/local-speech-to-text.js';
import type { SpeechToText } from '../stt/speech-to-text.js';
import { twilioFormat } from '../transport/twilio/twilio-messages.js';
import { webRtcOutputFormat } from '../transport/webrtc/outbound-audio.js';
import { elevenLabsTextToSpeech } from '../tts/elevenlabs/elevenlabs-text-to-speech.js';
import { localTextToSpeech } from '../tts/local/local-text-to-speech.js';
import type { TextToSpeech } from '../tts/text-to-speech.js';
import type { VoiceActivityDetection } from '../vad/voice-activity-detector.js';
import { webRtcVad } from '../vad/webrtc-vad.js';
import type { ResolvedConfig } from './config.js';

interface Closable {
  warmUp?(format?: AudioFormat): Promise<void>;
  close?(): Promise<void>;
}

/** What each transport plays. */
const playedFormats = { twilio: twilioFormat, webrtc: webRtcOutputFormat } as const;

/** The providers of one relay, made when they are first needed. */
export class Providers {
  readonly #shared = new Map<string, Closable>();
  readonly #vad = webRtcVad();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Everything a session of this config needs. */
  parts(config: ResolvedConfig, id: string): SessionParts {
    const stt = this.#stt(config.stt);
    const { finalTimeoutMs = defaultTurnTaking.finalTimeoutMs } = stt;
    return {
      id,
      clock: this.#clock,
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
    const loading = [loadVad(this.#vad)];
    if (config) {
      const tts = this.#tts(config.tts);
      const format = negotiateFormat(playedFormats[config.type], tts.produces);
      loading.push(warm(this.#stt(config.stt)), warm(tts, format));
      if (config.agent) loading.push(warm(this.#llm(config.llm)));
    }
    await Promise.all(loading);
  }

  /** Ends the workers. Idempotent. */
  async close(): Promise<void> {
    const shared = [...this.#shared.values()];
    this.#shared.clear();
    await Promise.all(shared.map(async (provider) => provider.close?.()));
  }

  #stt(stt: ResolvedConfig['stt']): SpeechToText {
    if ('open' in stt) return stt;
    switch (stt.provider) {
      case 'local': {
        const { grammar, words } = stt;
        return this.#share('stt', { grammar, words }, () =>
          localSpeechToText({ ...(grammar && { grammar }), ...(words && { words }) }),
        );
      }
      case 'deepgram':
        return this.#share('stt', stt, () => deepgramSpeechToText({ ...stt, clock: this.#clock }));
    }
  }

  #llm(llm: ResolvedConfig['llm']): LanguageModel {
    if (typeof llm === 'function') return functionModel(llm);
    if ('generate' in llm) return llm;
    switch (llm.provider) {
      case 'local':
        return this.#share('llm', {}, () => appointmentDesk());
      case 'openai':
        return this.#share('llm', llm, () => openAiLanguageModel({ ...llm, clock: this.#clock }));
    }
  }

  #tts(tts: ResolvedConfig['tts']): TextToSpeech {
    if ('open' in tts) return tts;
    switch (tts.provider) {
      case 'local': {
        const { voice } = tts;
        return this.#share('tts', { voice }, () => localTextToSpeech(voice ? { voice } : {}));
      }
      case 'elevenlabs':
        return this.#share('tts', tts, () => elevenLabsTextToSpeech({ ...tts, clock: this.#clock }));
    }
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

async function warm(provider: Closable, format?: AudioFormat): Promise<void> {
  await provider.warmUp?.(format);
}

async function loadVad(vad: VoiceActivityDetection): Promise<void> {
  const detector = await vad.create();
  detector.close();
}
