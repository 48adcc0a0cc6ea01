/** Messages between the relay and the child process that holds its ngrok tunnel. */
import type { TunnelRequest } from './tunnel-agent.js';

export type ToNgrokProcess =
  { readonly type: 'open'; readonly request: TunnelRequest } | { readonly type: 'close' };

export type FromNgrokProcess =
  | { readonly type: 'opened'; readonly url: string }
  | { readonly type: 'failed'; readonly message: string; readonly errorCode: string | null }
  | { readonly type: 'connected'; readonly connected: boolean };
