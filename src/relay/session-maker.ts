/** Makes sessions: calls the user's `session` function, checks configs, loads their providers, and reports warnings. */
import { within, type Clock } from '../core/clock.js';
import { HzRelayError, messageOf, ProviderError } from '../core/errors.js';
import type { ProviderNotice } from '../events/provider-notice.js';
import { Session } from '../session/session.js';
import { transportTypes, type TransportType } from '../transport/registry.js';
import { Providers } from './compose.js';
import { configWarnings } from './config/config-warnings.js';
import {
  configForCall,
  resolveConfig,
  type RelaySessionConfig,
  type ResolvedConfig,
  type SessionConfig,
} from './config/config.js';
import { ConfigUpdater } from './session-updater.js';
import type { IncomingCall, RelayNotice, ResolvedRelayOptions } from './relay-options.js';

/** How long the user's `session` function may take. The caller hears nothing until it returns. */
const sessionFunctionMs = 10_000;

/** Loading that takes longer is reported. */
const tellAfterMs = 10_000;

export interface SessionMakerOptions {
  readonly options: ResolvedRelayOptions;
  readonly clock: Clock;
  readonly notify: (level: RelayNotice['level'], message: string) => void;
  /** Returns an id that no session in a call has. */
  readonly freshId: () => string;
  /** Called with each session that was made, and again when its config has changed. */
  readonly onConfig: (session: Session, config: ResolvedConfig) => void;
}

export class SessionMaker {
  readonly #options: SessionMakerOptions;
  readonly #providers: Providers;
  /** Warnings already reported; each is reported once. */
  readonly #warned = new Set<string>();
  /** Sessions made before {@link listening}, with their configs. */
  readonly #early = new Map<Session, ResolvedConfig>();
  #isListening = false;
  #isClosing = false;

  constructor(options: SessionMakerOptions) {
    this.#options = options;
    this.#providers = new Providers(options.clock);
  }

  /** A config with every default filled in. Throws a ConfigError that lists every problem. */
  resolve(config: SessionConfig): ResolvedConfig {
    return resolveConfig(config, process.env, this.#options.options.providers);
  }

  /** Makes a session that waits for a call. Its providers are loaded as soon as the relay listens. */
  makeWaiting(config: SessionConfig, resolved: ResolvedConfig): Session {
    this.#warnOf(config, resolved);
    const session = this.#make(config, resolved);
    if (this.#isListening) void this.#warmUpFor(session, resolved);
    else this.#early.set(session, resolved);
    return session;
  }

  /** Makes the session of a call from the relay's `session` option. If that fails, reports it and returns null. */
  async makeFor(call: IncomingCall): Promise<Session | null> {
    const { session } = this.#options.options;
    if (!session) return null;
    try {
      const config = typeof session === 'function' ? await this.#ask(session, call) : session;
      const ofCall = configForCall(config, call.transport);
      const resolved = this.resolve(ofCall);
      if (resolved.type !== call.transport)
        throw new HzRelayError(
          `Its config is for ${resolved.type} calls, but it is a ${call.transport} call.`,
        );
      this.#warnOf(config, resolved);
      return this.#make(ofCall, resolved);
    } catch (thrown) {
      this.#options.notify('error', `No session could be made for the call: ${messageOf(thrown)}`);
      return null;
    }
  }

  /**
   * Called when the relay begins to listen: loads what the first calls need. Rejects if a provider that every call
   * needs cannot be used.
   */
  async listening(): Promise<void> {
    this.#isListening = true;
    const { session } = this.#options.options;
    const early = [...this.#early];
    this.#early.clear();
    const slow = this.#options.clock.setTimer(tellAfterMs, () =>
      this.#options.notify(
        'warn',
        `The providers have been loading for ${tellAfterMs / 1000} s. The relay is ready once each warmUp() has ended.`,
      ),
    );
    try {
      await Promise.all([
        typeof session === 'object' ? this.warmUp(session) : this.#providers.warmUp(null),
        ...early.map(([waiting, config]) => this.#warmUpFor(waiting, config)),
      ]);
    } finally {
      slow.cancel();
    }
  }

  /** Loads what sessions of this config need. Rejects if a provider cannot be used. */
  async warmUp(session: RelaySessionConfig): Promise<void> {
    const configs = typesOf(session).map((type) => this.resolve(configForCall(session, type)));
    const [config] = configs;
    if (config) {
      this.#warnOf(session, config);
      this.#tell(this.#providers.unsayableTexts(config));
    }
    const notices = await Promise.all(configs.map((each) => this.#providers.warmUp(each)));
    this.#tell(notices.flat());
  }

  /** Called when the relay stops: failures to load are no longer reported. */
  closing(): void {
    this.#isClosing = true;
  }

  /** Closes every provider that sessions share. Idempotent. */
  close(): Promise<void> {
    return this.#providers.close();
  }

  /**
   * Loads what one session needs. A refused key, model or voice ends the session now. Other failures may be over when
   * the call arrives, so they are only a warning.
   */
  async #warmUpFor(session: Session, config: ResolvedConfig): Promise<void> {
    this.#tell(this.#providers.unsayableTexts(config));
    try {
      this.#tell(await this.#providers.warmUp(config));
    } catch (thrown) {
      if (this.#isClosing) return;
      if (thrown instanceof ProviderError && (thrown.category === 'auth' || thrown.field))
        session.fail(thrown);
      else this.#options.notify('warn', `Loading ahead of the call failed: ${messageOf(thrown)}`);
    }
  }

  #make(config: SessionConfig, resolved: ResolvedConfig): Session {
    const { freshId, onConfig, options } = this.#options;
    const providers = this.#providers;
    const parts = providers.parts(resolved, freshId());
    const updater = new ConfigUpdater({
      config,
      parts,
      providers,
      context: () => ({ env: process.env, own: options.providers }),
      onNotices: (notices) => this.#tell(notices),
      onChanged: (next, nextResolved) => {
        this.#warnOf(next, nextResolved);
        if (this.#early.has(session)) this.#early.set(session, nextResolved);
        onConfig(session, nextResolved);
      },
    });
    const session = new Session(parts, updater);
    onConfig(session, resolved);
    return session;
  }

  /** Calls the user's function for a config. Rejects if it fails or takes too long. */
  async #ask(
    session: (call: IncomingCall) => RelaySessionConfig | Promise<RelaySessionConfig>,
    call: IncomingCall,
  ): Promise<RelaySessionConfig> {
    const config = Promise.resolve(session(call));
    if (await within(this.#options.clock, sessionFunctionMs, config)) return config;
    throw new HzRelayError(`The session function gave no config in ${sessionFunctionMs / 1000} s.`);
  }

  #warnOf(config: RelaySessionConfig, resolved: ResolvedConfig): void {
    for (const warning of configWarnings(config, resolved)) this.#warnOnce(warning);
  }

  /** Reports what providers noticed. */
  #tell(notices: readonly ProviderNotice[]): void {
    for (const { field, message, remedy } of notices) this.#warnOnce(`${field}: ${message} ${remedy}`);
  }

  #warnOnce(warning: string): void {
    if (this.#warned.has(warning)) return;
    this.#warned.add(warning);
    this.#options.notify('warn', warning);
  }
}

/** The transports that a config serves: all, unless it names one. */
function typesOf({ inbound }: RelaySessionConfig): readonly TransportType[] {
  return inbound ? [inbound.type] : transportTypes;
}
