/** What the header shows about the relay. */
export interface RelayFacts {
  readonly version: string;
  readonly state: RelayState;
  /** Its address on this machine; null until it listens. */
  readonly localUrl: string | null;
  /** Its public address; null if it has none. */
  readonly publicUrl: string | null;
  /** The Twilio number whose calls arrive here. */
  readonly phoneNumber: string | null;
  /** The provider of each stage; null before it is known. */
  readonly providers: StageProviders | null;
  /** Whether sessions are recorded; null if they cannot be. */
  readonly recording: boolean | null;
}

/** `connecting`: it answers locally while the tunnel opens. `draining`: running calls finish, new ones are refused. */
export type RelayState = 'starting' | 'connecting' | 'ready' | 'draining' | 'failed';

export interface StageProviders {
  readonly stt: string;
  readonly llm: string;
  readonly tts: string;
}
