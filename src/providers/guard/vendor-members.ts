import type { ProviderNotice } from '../../events/provider-notice.js';
import { isObject, isPromise } from '../shape.js';
import type { Vendor } from './vendor.js';

type Loading = Promise<void> | Promise<readonly ProviderNotice[]>;

/** What providers of all kinds may have. */
interface Members<Preconnect extends readonly unknown[], WarmUp extends readonly unknown[]> {
  readonly name: string;
  readonly model?: string;
  warmUp?(...given: WarmUp): Loading;
  probe?(signal: AbortSignal): Loading;
  preconnect?(...given: Preconnect): void;
  close?(): Promise<void>;
}

/** The same members, where the provider has them. They reject with ProviderErrors without secrets. */
export function vendorMembers<P extends readonly unknown[], W extends readonly unknown[]>(
  provider: Members<P, W>,
  vendor: Vendor,
): Members<P, W> {
  const { name, model } = provider;
  return {
    name,
    ...(model !== undefined && { model }),
    ...(provider.warmUp && {
      warmUp: (...given: W) => noticesOf(() => provider.warmUp?.(...given), vendor),
    }),
    ...(provider.probe && {
      probe: (signal: AbortSignal) => noticesOf(() => provider.probe?.(signal), vendor),
    }),
    ...(provider.preconnect && {
      preconnect: (...given: P) => withoutFailure(() => provider.preconnect?.(...given)),
    }),
    ...(provider.close && {
      close: async () => {
        await cleanly(() => provider.close?.(), vendor);
      },
    }),
  };
}

async function noticesOf(work: () => unknown, vendor: Vendor): Promise<readonly ProviderNotice[]> {
  const notices = await cleanly(work, vendor);
  // Whatever else it resolves with says nothing.
  if (!Array.isArray(notices)) return [];
  return notices.filter(isNotice).map(({ field, message, remedy }) => ({
    field: vendor.redact(field),
    message: vendor.redact(message),
    remedy: vendor.redact(remedy),
  }));
}

function isNotice(value: unknown): value is ProviderNotice {
  if (!isObject(value)) return false;
  return [value.field, value.message, value.remedy].every((text) => typeof text === 'string');
}

async function cleanly(work: () => unknown, vendor: Vendor): Promise<unknown> {
  try {
    return await work();
  } catch (thrown) {
    throw vendor.errorOf(thrown);
  }
}

/** For work that only saves time: the request that follows it tells what is wrong. */
function withoutFailure(work: () => unknown): void {
  try {
    const result = work();
    if (isPromise(result)) result.then(undefined, () => undefined);
  } catch {
    // See above.
  }
}
