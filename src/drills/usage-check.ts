import type { ProviderUsage } from '../metrics/provider-usage.js';
import type { BilledOf } from '../simulators/vendor-simulator.js';

/** What each vendor of a call would charge for. */
export type Billed = { readonly [Kind in keyof BilledOf]: readonly BilledOf[Kind][] };

/** Quantities are sums of parts, so they may differ by rounding. */
const tolerance = 1e-6;
/** A connection that reads nothing more is given up within this time. */
const swallowedSec = 3;

/**
 * Compares what a session reported of its vendors with what they would charge for, as text for each difference. Vendors do
 * not tell the figures of answers that were cut; there only the number of requests must agree. With `cutsAudio`, connections
 * to the recogniser broke: what was sent into them and never read counts as used.
 */
export function usageProblems(
  reported: readonly ProviderUsage[],
  billed: Billed,
  { cutsAudio = false } = {},
): string[] {
  const sums = (kind: 'stt' | 'tts', field: 'seconds' | 'characters'): [number, number] => [
    sum(reported.map((usage) => (usage.kind === kind ? amountOf(usage, field) : 0))),
    sum(billed[kind].map((one) => amountOf(one, field))),
  ];
  const [heard, counted] = sums('stt', 'seconds');
  const isSwallowed = cutsAudio && heard > counted && heard - counted <= swallowedSec;
  return [
    ...(isSwallowed ? [] : difference('seconds of the recogniser', heard, counted)),
    ...difference('characters of the voice', ...sums('tts', 'characters')),
    ...requestProblems(reported, billed.llm),
  ];
}

function requestProblems(reported: readonly ProviderUsage[], billed: Billed['llm']): string[] {
  const requests = reported.flatMap((usage) => (usage.kind === 'llm' ? [usage] : []));
  const whole = (list: Billed['llm']): string =>
    list
      .filter(({ estimated }) => estimated !== true)
      .map(tokens)
      .sort()
      .join(', ');
  const [told, charged] = [whole(requests), whole(billed)];
  return [
    ...difference('requests to the model', requests.length, billed.length),
    ...(told === charged
      ? []
      : [`the model's tokens are ${told || 'none'}, but the vendor counted ${charged || 'none'}`]),
  ];
}

function tokens({
  inputTokens,
  cachedInputTokens = 0,
  cacheWriteTokens = 0,
  outputTokens,
  reasoningTokens = 0,
}: BilledOf['llm']): string {
  return [inputTokens, cachedInputTokens, cacheWriteTokens, outputTokens, reasoningTokens].join('/');
}

function difference(what: string, told: number, charged: number): string[] {
  return Math.abs(told - charged) <= tolerance
    ? []
    : [`the ${what} are ${round(told)}, but the vendor counted ${round(charged)}`];
}

function amountOf(used: object, field: string): number {
  const amount = (used as Readonly<Record<string, unknown>>)[field];
  return typeof amount === 'number' ? amount : 0;
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}

function round(amount: number): number {
  return Math.round(amount * 1000) / 1000;
}
