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

/** How long the agent's file may take to tell which vendors it names. */
const providedWithinMs = 2000;

/** What the agent's file says about vendors. */
export interface AgentVendors {
  /** The kinds of providers that it names. */
  readonly kinds: ReadonlySet<ProviderKind>;
  /** The vendors that it names, as `llm openai`. */
  readonly names: ReadonlySet<string>;
}

const noVendors: AgentVendors = { kinds: new Set(), names: new Set() };

/**
 * One check for each key of a vendor that is a default or set up, and one that lists the others. A key that serves several
 * kinds is checked once; the agent's file is checked with what it names. `provided` is what that file names.
 */
export function vendorChecks(
  env: Environment,
  clock: Clock,
  registry = builtInRegistry,
  provided: Promise<AgentVendors> = Promise.resolve(noVendors),
): Check[] {
  const keyed = registry.all.filter((one): one is Keyed => one.key !== null);
  const ofKeys = onePerKey(keyed);
  const checked = ofKeys.filter((one) => one.key.isDefault === true || isSetUp(one, env));
  const rest = ofKeys.filter((one) => !checked.includes(one));
  const checks = checked.map((one): Check => {
    const isOnly = ofKeys.filter(({ name }) => name === one.name).length === 1;
    return {
      name: isOnly ? one.name : `${one.name} ${one.kind}`,
      run: (signal) => checkVendor(one, { env, clock, signal, provided }),
    };
  });
  if (rest.length === 0) return checks;
  return [...checks, { name: 'vendors', run: () => notSetUp(rest, clock, provided) }];
}

/** The definition that stands for each key: a default, else the first. Defaults come first, in the order of a call. */
function onePerKey(keyed: readonly Keyed[]): readonly Keyed[] {
  const defaults = keyed.filter(({ key }) => key.isDefault === true);
  const known = new Map<string, Keyed>();
  for (const one of [...defaults, ...keyed])
    if (!known.has(one.key.variable)) known.set(one.key.variable, one);
  return [...known.values()];
}

/** Whether the environment has what the vendor cannot do without. */
function isSetUp({ key }: Keyed, env: Environment): boolean {
  return Boolean(env[key.variable]) || (key.isOptional === true && Boolean(env[key.baseUrlVariable]));
}

/** Lists the vendors that are not set up, in one line. The check of the agent's file speaks of those that it names. */
async function notSetUp(
  vendors: readonly Keyed[],
  clock: Clock,
  provided: Promise<AgentVendors>,
): Promise<Finding> {
  const { names } = await namedWithin(clock, provided);
  const rest = vendors.filter((one) => !names.has(labelOf(one)));
  const labels = rest.map(
    ({ name, key }) => `${name} (${key.isOptional === true ? key.baseUrlVariable : key.variable})`,
  );
  if (labels.length === 0) return { status: 'ok', message: "The agent's file names all other vendors." };
  return { status: 'note', message: `Not set up: ${[...new Set(labels)].join(', ')}.` };
}

/** What the agent's file names; nothing if it takes too long. */
async function namedWithin(clock: Clock, provided: Promise<AgentVendors>): Promise<AgentVendors> {
  return (await within(clock, providedWithinMs, provided)) ? provided : noVendors;
}

function labelOf({ kind, name }: AnyDefinition): string {
  return `${kind} ${name}`;
}

type Environment = Readonly<Record<string, string | undefined>>;

interface Looking {
  readonly env: Environment;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly provided: Promise<AgentVendors>;
}

/** Whether the embedded provider of this kind is used instead of a vendor without a key. */
async function isReplaced({ kind, key }: Keyed, { clock, provided }: Looking): Promise<boolean> {
  if (key.isDefault !== true) return false;
  return !(await namedWithin(clock, provided)).kinds.has(kind);
}

async function checkVendor(vendor: Keyed, looking: Looking): Promise<Finding> {
  const { env, clock, signal } = looking;
  const { variable, baseUrlVariable, page, service } = vendor.key;
  const apiKey = env[variable];
  const baseUrl = env[baseUrlVariable] || undefined;
  if (baseUrl === undefined && service === undefined)
    return {
      status: 'note',
      message: `${variable} is set; ${baseUrlVariable} is not.`,
      remedy: `Set ${baseUrlVariable}, or give baseUrl in the config.`,
    };
  const host = hostOf(baseUrl ?? service ?? '');
  if (host === null)
    return {
      status: 'problem',
      message: `${baseUrlVariable} is not an address.`,
      remedy: `Write it like ${service ?? 'https://NAME.example.com'}, or leave it unset.`,
    };
  if (!apiKey && vendor.key.isOptional !== true)
    return {
      status: 'note',
      message: `${variable} is not set${(await isReplaced(vendor, looking)) ? `: ${standIn[vendor.kind]} is used` : ''}.`,
      remedy: `Get a key at ${page} and set ${variable}.`,
    };
  // Check the key before it goes into a header: the error for an invalid header would quote it.
  if (apiKey && !/^[\x21-\x7e]+$/.test(apiKey))
    return {
      status: 'problem',
      message: `${variable} contains characters that are not allowed in a key.`,
      remedy: `Set ${variable} without spaces, quotes and line breaks around the key.`,
    };
  const needed = neededFields(vendor);
  if (needed.length > 0) return unchecked(vendor, needed, looking);
  const startedMs = clock.nowMs();
  const http = baseUrl?.replace(/^ws/i, 'http');
  const provider = vendor.create(
    { apiKey: apiKey ?? '', ...(http !== undefined && { baseUrl: http }) },
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

/** The fields that every config of this vendor needs. */
function neededFields({ name, schema }: Keyed): readonly string[] {
  const { error } = schema.safeParse({ provider: name });
  return [...new Set((error?.issues ?? []).flatMap(({ path }) => path.slice(0, 1).map(String)))];
}

/** A vendor that only a config can use: there is no free request without its model. */
async function unchecked(vendor: Keyed, needed: readonly string[], looking: Looking): Promise<Finding> {
  const { key, kind, name } = vendor;
  const set = looking.env[key.variable] ? key.variable : key.baseUrlVariable;
  if ((await namedWithin(looking.clock, looking.provided)).names.has(labelOf(vendor)))
    return { status: 'ok', message: `${set} is set; the check of the agent's file uses it.` };
  const fields = needed.map((field) => `${field}: '…'`).join(', ');
  return {
    status: 'note',
    message: `${set} is set; name a ${needed.join(' and a ')} to have it checked.`,
    remedy: `Write ${kind}: { provider: '${name}', ${fields} } in the agent's file.`,
  };
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
