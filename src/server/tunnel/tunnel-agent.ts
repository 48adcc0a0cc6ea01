/** What keeps a tunnel open: something that talks to the tunnel's service and can be stopped whatever it does. */
import { HzRelayError } from '../../errors.js';

/** What a tunnel is to be. */
export interface TunnelRequest {
  /** Where its requests go on this machine: `127.0.0.1:8787`. */
  readonly address: string;
  readonly authtoken: string;
  /** The host name to have; null for any. */
  readonly domain: string | null;
  /** Where the service is asked for; null for its own address. */
  readonly serverAddress: string | null;
}

export interface TunnelAgent {
  /** Resolves when the agent is no more, whoever ended it. */
  readonly ended: Promise<void>;
  /**
   * Opens the tunnel and resolves with its address; may take for ever. Tells from then on whether it is connected. Rejects
   * with a {@link TunnelAgentError}.
   */
  open(request: TunnelRequest, onConnected: (connected: boolean) => void): Promise<string>;
  /** Takes the tunnel down; may take for ever. */
  close(): Promise<void>;
  /** Ends the agent at once, in the middle of whatever it does. Idempotent. */
  kill(): void;
}

/** What the service said, as it said it: not fit for a log, since it may quote the token. */
export class TunnelAgentError extends HzRelayError {
  /** The service's own code, such as `ERR_NGROK_107`; null where it gave none. */
  readonly errorCode: string | null;

  constructor(message: string, errorCode: string | null) {
    super(message);
    this.errorCode = errorCode;
  }
}
