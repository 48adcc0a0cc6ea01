import { fieldsOf, listOf, stringOf, type WireFields } from './wire-value.js';

/** Longer messages are probably web pages and are cut. */
const maxChars = 500;

/** A server's error in OpenAI's form. */
export interface ErrorBody {
  readonly message: string;
  readonly code: string | null;
  readonly type: string | null;
  readonly param: string | null;
}

/**
 * Reads the body of an error: `{error: {message}}` (OpenAI), `{error: "…"}` (Ollama), `{object: "error", message}`
 * (vLLM, Mistral), `{detail}` as text or a list of problems (FastAPI), `[{error}]` (Gemini), `{message}`, plain text or
 * a web page. Null if it has no message.
 */
export function errorBody(body: unknown): ErrorBody | null {
  const message = errorMessage(body);
  if (message === null) return null;
  const outer = fieldsOf(listOf(body)[0] ?? body);
  const inner = fieldsOf(outer?.error) ?? outer;
  const word = (name: string): string | null => {
    const value = inner?.[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
  };
  return { message, code: word('code'), type: word('type'), param: word('param') };
}

/** The message of {@link errorBody} alone. */
export function errorMessage(body: unknown): string | null {
  const text = messageWithin(body, 0).replace(/\s+/g, ' ').trim();
  if (text === '') return null;
  return text.length > maxChars ? `${text.slice(0, maxChars)}…` : text;
}

function messageWithin(value: unknown, depth: number): string {
  if (typeof value === 'string') return plainText(value);
  if (depth > 4) return '';
  if (Array.isArray(value))
    return value
      .slice(0, 5)
      .map((entry) => messageWithin(entry, depth + 1))
      .filter((text) => text !== '')
      .join('; ');
  const fields = fieldsOf(value);
  if (!fields) return '';
  for (const name of [
    'error',
    'message',
    'detail',
    'details',
    'msg',
    'errors',
    'title',
    'error_description',
  ]) {
    const text = messageWithin(fields[name], depth + 1);
    if (text !== '') return withPlace(text, fields) + reported(fields);
  }
  return depth === 0 && Object.keys(fields).length > 0 ? JSON.stringify(value) : '';
}

/** FastAPI names the place in the request as `loc`. */
function withPlace(text: string, { loc }: WireFields): string {
  const place = listOf(loc).join('.');
  return place === '' ? text : `${place}: ${text}`;
}

/** OpenRouter's own message is only "Provider returned error"; the provider's message is in `metadata.raw`. */
function reported({ metadata }: WireFields): string {
  const raw = stringOf(fieldsOf(metadata)?.raw);
  if (raw === '') return '';
  try {
    return `: ${errorMessage(JSON.parse(raw)) ?? raw}`;
  } catch {
    return `: ${plainText(raw)}`;
  }
}

/** A web page's title, or its text without tags; other text unchanged. */
function plainText(text: string): string {
  if (!/^\s*<(?:!doctype|html|head|body|\?xml)/i.test(text)) return text;
  const page = text.slice(0, 20_000);
  return titleOf(page) || withoutTags(page);
}

function titleOf(page: string): string {
  const tag = page.toLowerCase().indexOf('<title');
  const start = tag < 0 ? -1 : page.indexOf('>', tag);
  const end = start < 0 ? -1 : page.indexOf('<', start);
  return end < 0 ? '' : page.slice(start + 1, end).trim();
}

/** Replaces tags by spaces and drops styles and scripts. Linear time, unlike a regular expression. */
function withoutTags(page: string): string {
  const lower = page.toLowerCase();
  let kept = '';
  for (let at = 0; at < page.length;) {
    const opening = page.indexOf('<', at);
    const closing = opening < 0 ? -1 : page.indexOf('>', opening);
    if (closing < 0) return kept + page.slice(at);
    kept += `${page.slice(at, opening)} `;
    at = closing + 1;
    const hidden = ['style', 'script'].find((name) => lower.startsWith(name, opening + 1));
    if (hidden === undefined) continue;
    const end = lower.indexOf(`</${hidden}`, at);
    if (end < 0) return kept;
    at = end;
  }
  return kept;
}
