/** Whether the cloud providers accept the configured keys, by one free request each. */
import { within, type Clock } from '../../core/clock.js';
import { messageOf, ProviderError, type ProviderKind } from '../../core/errors.js';
import type { ProviderNotice } from '../../events/provider-notice.js';
import type { AnyDefinition, ProviderKey } from '../../providers/provider-definition.js';
import { builtInRegistry, embedded } from '../../providers/registry.js';
import type { Check, Finding } from './check.js';

/** The optional parts of a provider that a check uses. */
interface Probed {
  probe?(signal: AbortSignal): Promise<void> | Promise<readonly ProviderNotice[]>;
  close?(): Promise<void>;
}

/** What is used instead of a provider without a key. */
const standIn: Readonly<Record<ProviderKind, string>> = {
  stt: embedded.stt.title,
  llm: embedded.llm.title,
  tts: embedded.tts.title,
};

/** A definition that needs a key. */
type Keyed = AnyDefinition & { readonly key: ProviderKey };

/** How long the agent's file may take to tell which kinds it names. */
const providedWithinMs = 2000;

/** One check for each kind of each vendor that needs a key. `provided` are the kinds that the agent's file names. */
export function vendorChecks(
  env: Readonly<Record<string, string | undefined>>,
  clock: Clock,
  registry = builtInRegistry,
  provided: Promise<ReadonlySet<ProviderKind>> = Promise.resolve(new Set()),
): Check[] {
  const keyed = registry.all.filter((one): one is Keyed => one.key !== null);
  return keyed.map((one) => {
    const isOnly = keyed.filter(({ name }) => name === one.name).length === 1;
    return {
      name: isOnly ? one.name : `${one.name} ${one.kind}`,
      run: (signal) => checkVendor(one, { env, clock, signal, provided }),
    };
  });
}

interface Looking {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly provided: Promise<ReadonlySet<ProviderKind>>;
}

/** Whether the embedded provider of this kind is used instead of a vendor without a key. */
async function isReplaced({ kind, key }: Keyed, { clock, provided }: Looking): Promise<boolean> {
  if (key.isDefault !== true) return false;
  return !((await within(clock, providedWithinMs, provided)) && (await provided).has(kind));
}

async function checkVendor(vendor: Keyed, looking: Looking): Promise<Finding> {
  const { env, clock, signal } = looking;
  const { variable, baseUrlVariable, page, service } = vendor.key;
  const apiKey = env[variable];
  const baseUrl = env[baseUrlVariable] || undefined;
  const host = hostOf(baseUrl ?? service);
  if (host === null)
    return {
      status: 'problem',
      message: `${baseUrlVariable} is not an address.`,
      remedy: `Write it like ${service}, or leave it unset.`,
    };
  if (!apiKey)
    return {
      status: 'note',
      message: `${variable} is not set${(await isReplaced(vendor, looking)) ? `: ${standIn[vendor.kind]} is used` : ''}.`,
      remedy: `Get a key at ${page} and set ${variable}.`,
    };
  // Check the key before it goes into a header: the error for an invalid header would quote it.
  if (!/^[\x21-\x7e]+$/.test(apiKey))
    return {
      status: 'problem',
      message: `${variable} contains characters that are not allowed in a key.`,
      remedy: `Set ${variable} without spaces, quotes and line breaks around the key.`,
    };
  const startedMs = clock.nowMs();
  const http = baseUrl?.replace(/^ws/i, 'http');
  const provider = vendor.create(
    { apiKey, ...(http !== undefined && { baseUrl: http }) },
    { clock },
  ) as Probed;
  try {
    const [notice] = (await provider.probe?.(signal)) ?? [];
    if (notice)
      return { status: 'note', message: `${notice.field}: ${notice.message}`, remedy: notice.remedy };
    return {
      status: 'ok',
      message: `${host} accepts the key (${Math.round(clock.nowMs() - startedMs)} ms).`,
    };
  } catch (thrown) {
    return { status: 'problem', message: `${host}: ${messageOf(thrown)}`, remedy: remedyFor(thrown, vendor) };
  } finally {
    void provider.close?.();
  }
}

/** What to do about the error of a vendor's check. */
export function remedyFor(thrown: unknown, { key }: { readonly key: ProviderKey }): string {
  const { variable, baseUrlVariable, page } = key;
  if (thrown instanceof ProviderError && thrown.field !== undefined)
    return `Name another as ${thrown.field} in the session's config.`;
  switch (thrown instanceof ProviderError ? thrown.category : 'internal') {
    case 'auth':
      return `Get a key at ${page} and set ${variable}.`;
    case 'bad_request':
      return `Check ${baseUrlVariable}.`;
    case 'rate_limit':
      return `Check the account's limits and credit: ${page}.`;
    default:
      return `Check the network, a proxy on the way and ${baseUrlVariable}; or the service is down.`;
  }
}

function hostOf(url: string): string | null {
  return /^(https?|wss?):\/\//i.test(url) && URL.canParse(url) ? new URL(url).host : null;
}
