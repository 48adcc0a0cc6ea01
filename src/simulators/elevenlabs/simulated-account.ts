/**
 * The account behind a key of the simulated ElevenLabs: its voices, its models, and the limits of its key and plan, with the
 * vendor's error texts.
 *
 * Sources: https://github.com/dograh-hq/dograh/issues/290 (402 and the voices of an account in May 2026),
 * https://github.com/elevenlabs/skills (George, the voice of its examples), https://github.com/elevenlabs/elevenlabs-python/issues/293.
 */

export interface SimulatedElevenLabsVoice {
  readonly id: string;
  /** @default the id */
  readonly name?: string;
  /** Library voices are `professional`; free accounts may not use them. @default 'premade' */
  readonly category?: 'premade' | 'generated' | 'cloned' | 'professional';
}

export interface SimulatedAccountOptions {
  /** The only key that it accepts. @default any */
  readonly apiKey?: string | undefined;
  /** Its voices. @default George, Sarah and Roger; no retired ones */
  readonly voices?: readonly SimulatedElevenLabsVoice[] | undefined;
  /** Its models. @default the speech models of November 2026 */
  readonly models?: readonly string[] | undefined;
  /** A free account may not use library voices. @default 'paid' */
  readonly plan?: 'free' | 'paid' | undefined;
  /** The key's permissions besides speech. @default all */
  readonly permissions?: readonly ElevenLabsPermission[] | undefined;
}

export type ElevenLabsPermission = 'voices_read' | 'models_read' | 'user_read';

/** A vendor's error. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

export interface RestAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Without the retired voices of the first generation, such as `Rachel` and `Domi`. */
const currentVoices: readonly SimulatedElevenLabsVoice[] = [
  { id: 'JBFqnCBsd6RMkjVDRZzb', name: 'George' },
  { id: 'EXAVITQu4vr4xnSDxMaL', name: 'Sarah' },
  { id: 'CwhRBWXzGAHq8TQ4Fs17', name: 'Roger' },
];

const currentModels = [
  'eleven_v3',
  'eleven_multilingual_v2',
  'eleven_flash_v2_5',
  'eleven_turbo_v2_5',
  'eleven_flash_v2',
];

export class SimulatedAccount {
  readonly #options: SimulatedAccountOptions;

  constructor(options: SimulatedAccountOptions) {
    this.#options = options;
  }

  /** Null if the key is accepted. */
  refusalOfKey(key: unknown): Refusal | null {
    const isKnown = typeof key === 'string' && (this.#options.apiKey ?? key) === key;
    return isKnown
      ? null
      : { status: 401, code: 'invalid_api_key', message: `Invalid API key: ${String(key)}.` };
  }

  /** Null if the account may use this voice with this model. */
  refusalOfSpeech(voiceId: string, modelId: string | null, isSocket: boolean): Refusal | null {
    const voice = this.#voices.find(({ id }) => id === voiceId);
    if (!voice)
      return {
        status: 404,
        code: isSocket ? 'voice_id_does_not_exist' : 'voice_not_found',
        message: `A voice with voice_id ${voiceId} does not exist.`,
      };
    if (this.#options.plan === 'free' && voice.category === 'professional')
      return {
        status: 402,
        code: isSocket ? 'paid_plan_required' : 'payment_required',
        message:
          'Free users cannot use library voices via the API. Please upgrade your subscription to use this voice.',
      };
    if (modelId !== null && !this.#models.includes(modelId))
      return {
        status: 400,
        code: 'model_not_found',
        message: `A model with model_id ${modelId} does not exist.`,
      };
    return null;
  }

  /** Null for paths that do not concern an account. */
  answer(url: string, key: unknown): RestAnswer | null {
    const { pathname } = new URL(url, 'http://simulator');
    const [, version, what, id] = pathname.split('/');
    const isList = id === undefined && (version === 'v1' || (version === 'v2' && what === 'voices'));
    if (!isList && !(version === 'v1' && what === 'voices')) return null;
    const permission = permissions[what ?? ''];
    if (!permission) return null;
    const refusal = this.refusalOfKey(key) ?? this.#refusalOfReading(permission);
    if (refusal) return refused(refusal);
    if (what === 'user') return { status: 200, body: { user_id: 'simulated' } };
    if (what === 'models') return { status: 200, body: this.#models.map(modelOf) };
    if (id === undefined)
      return { status: 200, body: { voices: this.#voices.map(voiceOf), has_more: false } };
    const voice = this.#voices.find((each) => each.id === decodeURIComponent(id));
    if (voice) return { status: 200, body: voiceOf(voice) };
    return refused({
      status: 404,
      code: 'voice_not_found',
      message: `A voice with the voice_id ${id} was not found.`,
    });
  }

  #refusalOfReading(permission: ElevenLabsPermission): Refusal | null {
    if (this.#options.permissions?.includes(permission) ?? true) return null;
    const message = `The API key you used is missing the permission ${permission} to execute this operation.`;
    return { status: 401, code: 'missing_permissions', message };
  }

  get #voices(): readonly SimulatedElevenLabsVoice[] {
    return this.#options.voices ?? currentVoices;
  }

  get #models(): readonly string[] {
    return this.#options.models ?? currentModels;
  }
}

const permissions: Readonly<Record<string, ElevenLabsPermission>> = {
  user: 'user_read',
  voices: 'voices_read',
  models: 'models_read',
};

function refused({ status, code, message }: Refusal): RestAnswer {
  return { status, body: { detail: { status: code, message } } };
}

function voiceOf({ id, name = id, category = 'premade' }: SimulatedElevenLabsVoice): object {
  return { voice_id: id, name, category, is_legacy: false, is_owner: category === 'cloned' };
}

function modelOf(model_id: string): object {
  return { model_id, name: model_id, can_do_text_to_speech: true };
}
