/** Whether the cloud providers take the keys that are there, by one request each that costs nothing. */
import type { Clock } from '../../clock.js';
import { messageOf, ProviderError } from '../../errors.js';
import { openAiLanguageModel } from '../../llm/openai/openai-language-model.js';
import { deepgramSpeechToText } from '../../stt/deepgram/deepgram-speech-to-text.js';
import { elevenLabsTextToSpeech } from '../../tts/elevenlabs/elevenlabs-text-to-speech.js';
import type { Check, Finding } from './check.js';

interface Probed {
  probe(signal: AbortSignal): Promise<void>;
}

interface Vendor {
  readonly name: string;
  /** Beginning of its variables' names. */
  readonly prefix: string;
  /** What stands in for it. */
  readonly embedded: string;
  readonly keysAt: string;
  readonly service: string;
  readonly create: (options: {
    readonly apiKey: string;
    readonly baseUrl?: string;
    readonly clock: Clock;
  }) => Probed;
}

const vendors: readonly Vendor[] = [
  {
    name: 'deepgram',
    prefix: 'DEEPGRAM',
    embedded: 'the embedded recogniser',
    keysAt: 'https://console.deepgram.com',
    service: 'https://api.deepgram.com',
    create: deepgramSpeechToText,
  },
  {
    name: 'openai',
    prefix: 'OPENAI',
    embedded: 'the embedded appointment desk',
    keysAt: 'https://platform.openai.com/api-keys',
    service: 'https://api.openai.com',
    create: openAiLanguageModel,
  },
  {
    name: 'elevenlabs',
    prefix: 'ELEVENLABS',
    embedded: 'the embedded voice',
    keysAt: 'https://elevenlabs.io/app/settings/api-keys',
    service: 'https://api.elevenlabs.io',
    create: elevenLabsTextToSpeech,
  },
];

/** One check for each vendor. */
export function vendorChecks(env: Readonly<Record<string, string | undefined>>, clock: Clock): Check[] {
  return vendors.map((vendor) => ({
    name: vendor.name,
    run: (signal) => checkVendor(vendor, env, clock, signal),
  }));
}

async function checkVendor(
  vendor: Vendor,
  env: Readonly<Record<string, string | undefined>>,
  clock: Clock,
  signal: AbortSignal,
): Promise<Finding> {
  const { prefix, embedded, keysAt, create } = vendor;
  const apiKey = env[`${prefix}_API_KEY`];
  const baseUrl = env[`${prefix}_BASE_URL`] || undefined;
  const host = hostOf(baseUrl ?? vendor.service);
  if (host === null)
    return {
      status: 'problem',
      message: `${prefix}_BASE_URL is not an address.`,
      remedy: `Write it like ${vendor.service}, or leave it unset.`,
    };
  if (!apiKey)
    return {
      status: 'note',
      message: `${prefix}_API_KEY is not set: ${embedded} is used.`,
      remedy: `Get a key at ${keysAt} and set ${prefix}_API_KEY.`,
    };
  // It has to go into a header, and must not get into an error that says why it cannot.
  if (!/^[\x21-\x7e]+$/.test(apiKey))
    return {
      status: 'problem',
      message: `${prefix}_API_KEY holds characters that no key has.`,
      remedy: `Set ${prefix}_API_KEY without spaces, quotes and line breaks around the key.`,
    };
  const startedMs = clock.nowMs();
  try {
    const http = baseUrl?.replace(/^ws/i, 'http');
    await create({ apiKey, clock, ...(http !== undefined && { baseUrl: http }) }).probe(signal);
    return { status: 'ok', message: `${host} takes the key (${Math.round(clock.nowMs() - startedMs)} ms).` };
  } catch (thrown) {
    return { status: 'problem', message: `${host}: ${messageOf(thrown)}`, remedy: remedyFor(thrown, vendor) };
  }
}

function remedyFor(thrown: unknown, { prefix, keysAt }: Vendor): string {
  switch (thrown instanceof ProviderError ? thrown.category : 'internal') {
    case 'auth':
      return `Get a key at ${keysAt} and set ${prefix}_API_KEY.`;
    case 'bad_request':
      return `Check ${prefix}_BASE_URL.`;
    case 'rate_limit':
      return `Look at the limits and the credit of the account: ${keysAt}.`;
    default:
      return `Check the network, a proxy on the way and ${prefix}_BASE_URL; or the service is down.`;
  }
}

function hostOf(url: string): string | null {
  return /^(https?|wss?):\/\//i.test(url) && URL.canParse(url) ? new URL(url).host : null;
}
