import { fieldsOf, listOf, parsedJson, textOf, type WireFields } from './wire-value.js';

/** Longer messages are probably web pages and are cut. */
const maxChars = 500;

/**
 * The service refused a request, or reported an error in the middle of a stream.
 *
 * Source: https://cloud.google.com/apis/design/errors, the form of all of Google's APIs
 */
export class Refusal extends Error {
  /** The HTTP status; null if none is known. */
  readonly httpStatus: number | null;
  /** Google's word for it, for example `RESOURCE_EXHAUSTED`; may be empty. */
  readonly status: string;
  /** The reason in the error's details, for example `API_KEY_INVALID`; may be empty. */
  readonly reason: string;
  /** The exhausted quotas, for example `GenerateRequestsPerDayPerProjectPerModel-FreeTier`. */
  readonly quotas: readonly string[];
  /** How long to wait before the next request, in milliseconds; undefined if it does not say. */
  readonly retryAfterMs: number | undefined;
  /** Whether the answer has the form of Google's errors. */
  readonly isGoogles: boolean;

  private constructor(
    message: string,
    fields: Pick<Refusal, 'httpStatus' | 'status' | 'reason' | 'quotas' | 'retryAfterMs' | 'isGoogles'>,
  ) {
    super(message);
    this.name = new.target.name;
    this.httpStatus = fields.httpStatus;
    this.status = fields.status;
    this.reason = fields.reason;
    this.quotas = fields.quotas;
    this.retryAfterMs = fields.retryAfterMs;
    this.isGoogles = fields.isGoogles;
  }

  /**
   * Reads the body of an error: `{error}`, `[{error}]`, text or a web page. `headerMs`: the wait that a header asks for,
   * in milliseconds.
   */
  static of(httpStatus: number | null, body: unknown, headerMs?: number): Refusal {
    const parsed = typeof body === 'string' ? (parsedJson(body) ?? body) : body;
    const error = fieldsOf(fieldsOf(listOf(parsed)[0] ?? parsed)?.error);
    const details = listOf(error?.details).map((detail): WireFields => fieldsOf(detail) ?? {});
    const code = typeof error?.code === 'number' ? error.code : null;
    const text = textOf(error?.message) || (typeof parsed === 'string' ? plainText(parsed) : '');
    const known = httpStatus ?? code;
    return new Refusal(shortened(text) || `It answered HTTP ${known ?? 'error'} and did not say why.`, {
      httpStatus: known,
      status: textOf(error?.status),
      reason: details.map(({ reason }) => textOf(reason)).find((reason) => reason !== '') ?? '',
      quotas: details.flatMap(({ violations }) =>
        listOf(violations).map((one) => textOf(fieldsOf(one)?.quotaId)),
      ),
      retryAfterMs: details.map(({ retryDelay }) => durationMs(retryDelay)).find(isKnown) ?? headerMs,
      isGoogles: error !== null,
    });
  }
}

function isKnown(value: number | undefined): value is number {
  return value !== undefined;
}

/** A duration as protobuf writes it in JSON, for example `34.4s`, in milliseconds. */
function durationMs(value: unknown): number | undefined {
  const text = textOf(value);
  const seconds = text.endsWith('s') && /^\d/.test(text) ? Number(text.slice(0, -1)) : NaN;
  return Number.isFinite(seconds) ? Math.ceil(seconds * 1000) : undefined;
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > maxChars ? `${line.slice(0, maxChars)}…` : line;
}

/** A web page's title; other text unchanged. */
function plainText(text: string): string {
  if (!text.trimStart().startsWith('<')) return text;
  const lower = text.slice(0, 20_000).toLowerCase();
  const tag = lower.indexOf('<title');
  const start = tag < 0 ? -1 : lower.indexOf('>', tag);
  const end = start < 0 ? -1 : lower.indexOf('<', start);
  return end < 0 ? '' : text.slice(start + 1, end);
}
