import type { ProviderError, ProviderKind } from '../core/errors.js';

/** A request or a long-lived connection, with the vendor's id for it. The vendor's support asks for this id. */
export interface ProviderRequest {
  readonly kind: ProviderKind;
  readonly provider: string;
  readonly requestId: string;
}

/** What a supervisor reports about its provider during the call. */
export type ProviderIncident =
  /** A request or a stream failed. The reaction follows as a separate incident. */
  | { readonly type: 'error'; readonly error: ProviderError }
  /** A retry; `attempt` 1 is the first one. */
  | {
      readonly type: 'reconnect';
      readonly kind: ProviderKind;
      readonly provider: string;
      readonly attempt: number;
    }
  /** Another provider takes over; `cause` is safe to show. */
  | {
      readonly type: 'failover';
      readonly kind: ProviderKind;
      readonly from: string;
      readonly to: string;
      readonly cause: string;
    }
  /** A provider that failed answers again. A provider that took over does not report recovery. */
  | { readonly type: 'recovered'; readonly kind: ProviderKind; readonly provider: string }
  /** The provider reports the vendor's id, once for each request or connection. */
  | ({ readonly type: 'request' } & ProviderRequest)
  /** A problem that was handled; `code` is stable and snake_case. */
  | { readonly type: 'warning'; readonly code: string; readonly message: string };

/** Receives incidents. Must not throw. */
export type OnIncident = (incident: ProviderIncident) => void;
