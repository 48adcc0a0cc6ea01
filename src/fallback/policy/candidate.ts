import type { ProviderNotice } from '../../events/provider-notice.js';

/** What a fallback list must know about a provider. */
export interface Probable {
  readonly name: string;
  /** The model that it uses, where its provider has several. */
  readonly model?: string;
  probe?(signal: AbortSignal): Promise<void> | Promise<readonly ProviderNotice[]>;
}

/** A provider in a fallback list. */
export interface Candidate<P> {
  readonly provider: P;
  /** The latency that its user expects of it; undefined where there is no such limit. */
  readonly slaMs?: number | undefined;
  /** It belongs to the user, who closes it: a supervisor closes all candidates but those. @default false */
  readonly lent?: boolean;
  /** Rejects where its key or its config is refused; for those whose `warmUp` does not check. */
  readonly checkAtStart?: () => Promise<readonly ProviderNotice[]>;
}
