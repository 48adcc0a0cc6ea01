import { createParser, type ParseError } from 'eventsource-parser';
import { parsedJson } from './wire-value.js';

/** Limit for one event, far above real ones, so that an event without an end cannot exhaust the memory. */
const maxEventChars = 4_000_000;

/**
 * The data of each server-sent event in a response body. Null stands for a chunk without data, which shows that the service
 * is alive. An error in the middle of a stream may come as JSON in several lines without `data:`; it counts as data, too.
 * The last event needs no blank line after it. Ending the iteration early cancels the body. Throws what the connection throws.
 *
 * Source: https://html.spec.whatwg.org/multipage/server-sent-events.html; for the bare JSON vercel/ai issue 5217
 */
export async function* eventData(body: ReadableStream<Uint8Array>): AsyncGenerator<string | null> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let found: string[] = [];
  let bare = '';
  const onError = (error: ParseError): void => {
    if (error.type === 'max-buffer-size-exceeded') throw error;
    const { line = '' } = error;
    // The line before an object's end has none of it.
    if (bare === '' && !/^\s*[[{]/.test(line)) return;
    bare = (bare + line).slice(0, maxEventChars);
    if (!/[\]}]\s*$/.test(line) || parsedJson(bare) === undefined) return;
    found.push(bare);
    bare = '';
  };
  const parser = createParser({
    maxBufferSize: maxEventChars,
    onEvent: ({ data }) => found.push(data),
    onError,
  });
  let isOver = false;
  try {
    while (!isOver) {
      const { value, done } = await reader.read();
      isOver = done;
      parser.feed(done ? `${decoder.decode()}\n\n` : decoder.decode(value, { stream: true }));
      yield* found;
      if (found.length === 0 && !done) yield null;
      found = [];
    }
  } finally {
    // Not awaited: a hanging connection would block the caller.
    if (!isOver) void reader.cancel().catch(() => undefined);
  }
}
