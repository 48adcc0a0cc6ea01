export interface CallOptions {
  /** The relay's address, such as `https://voice.example.com`. @default the folder of the page */
  readonly url?: string | URL;
  /** Where the relay wants one: a visitor's token, made by your server with `relay.visitorToken()` or `POST /visitor-tokens`. */
  readonly token?: string;
  /**
   * Whether to ask for a microphone, or which one (a `deviceId`). Without one the visitor types.
   * @default true
   */
  readonly microphone?: boolean | string;
  /** Begins with a muted microphone. @default false */
  readonly muted?: boolean;
  /** Plays the agent's voice. @default an element of its own */
  readonly audio?: HTMLAudioElement;
  /**
   * The address of `hzrelay/browser/edge-worklet.js`, for pages whose security policy forbids scripts from `blob:`. Without
   * the worklet, the relay estimates when the visitor hears the agent.
   */
  readonly workletUrl?: string | URL;
}
