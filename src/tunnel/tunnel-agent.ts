/** The agent that keeps a tunnel open. It talks to the tunnel's service and can be stopped at any time. */
import { HzRelayError } from '../core/errors.js';

/** The tunnel to open. */
export interface TunnelRequest {
  /** Where its requests go on this machine, such as `127.0.0.1:8787`. */
  readonly address: string;
  readonly authtoken: string;
  /** The host name; null for any. */
  readonly domain: string | null;
  /** Address of the tunnel service, `host:port`; null for the default. */
  readonly serverAddress: string | null;
}

export interface TunnelAgent {
  /** Resolves when the agent has ended, for any reason. */
  readonly ended: Promise<void>;
  /**
   * Opens the tunnel and resolves with its address; may never settle. From then on `onConnected` reports whether the tunnel
   * is connected. Rejects with a {@link TunnelAgentError}.
   */
  open(request: TunnelRequest, onConnected: (connected: boolean) => void): Promise<string>;
  /** Closes the tunnel; may never settle. */
  close(): Promise<void>;
  /** Ends the agent at once. Idempotent. */
  kill(): void;
}

/** The service's error, unchanged. Do not log it: it may contain the token. */
export class TunnelAgentError extends HzRelayError {
  /** The service's error code, such as `ERR_NGROK_107`; null if it gave none. */
  readonly errorCode: string | null;

  constructor(message: string, errorCode: string | null) {
    super(message);
    this.errorCode = errorCode;
  }
}
