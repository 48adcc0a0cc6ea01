import type { ProviderError, ProviderKind } from '../errors.js';

/** What a supervisor tells about the provider that it watches, while the call goes on. */
export type ProviderIncident =
  /** A request or a stream failed. What is done about it follows as an incident of its own. */
  | { readonly type: 'error'; readonly error: ProviderError }
  /** It is tried again: `attempt` 1 is the first repetition. */
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
  /** What failed works again: everything that was missed is made up for. */
  | { readonly type: 'recovered'; readonly kind: ProviderKind; readonly provider: string }
  /** Something odd that was dealt with; `code` is stable and snake_case. */
  | { readonly type: 'warning'; readonly code: string; readonly message: string };

/** Takes incidents. Must not throw. */
export type OnIncident = (incident: ProviderIncident) => void;
