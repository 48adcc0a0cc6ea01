/** What the header says of the relay. */
export interface RelayFacts {
  readonly version: string;
  readonly state: RelayState;
  /** Where it listens on this machine; null before it does. */
  readonly localUrl: string | null;
  /** Where the outside reaches it; null where it does not. */
  readonly publicUrl: string | null;
  /** The Twilio number whose calls arrive here. */
  readonly phoneNumber: string | null;
  /** The provider of each stage; null before it is known. */
  readonly providers: StageProviders | null;
  /** Whether sessions are recorded; null where that cannot be. */
  readonly recording: boolean | null;
}

/** `connecting`: it answers locally while the tunnel is being set up. `draining`: running calls finish, no new ones. */
export type RelayState = 'starting' | 'connecting' | 'ready' | 'draining' | 'failed';

export interface StageProviders {
  readonly stt: string;
  readonly llm: string;
  readonly tts: string;
}
