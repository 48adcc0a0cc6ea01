import { fieldsOf, listOf, stringOf } from './wire-value.js';

/** A piece of an answer: spoken text or reasoning. */
export interface ContentPiece {
  readonly type: 'text' | 'reasoning';
  readonly text: string;
}

/** Fields in which servers send reasoning separately from the text; some use two of them at once. */
const reasoningFields = ['reasoning_content', 'reasoning', 'reasoning_text', 'thinking', 'thought'] as const;

/** The reasoning in a delta; null if the delta has no reasoning field. The text may be empty. */
export function reasoningOf(delta: Readonly<Record<string, unknown>>): string | null {
  const found = reasoningFields.filter((name) => delta[name] !== undefined && delta[name] !== null);
  if (found.length > 0) return found.map((name) => textWithin(delta[name])).find((text) => text !== '') ?? '';
  const details = listOf(delta.reasoning_details);
  return details.length > 0 ? textWithin(details) : null;
}

/**
 * Reads the content of a message or delta: text, a number, a list of parts, one part, or nothing. Calls `onOdd` for any
 * other content, with its kind but never with its value.
 */
export function contentPieces(content: unknown, onOdd: (what: string) => void): ContentPiece[] {
  switch (typeof content) {
    case 'string':
      return content === '' ? [] : [{ type: 'text', text: content }];
    case 'number':
    case 'boolean':
      return [{ type: 'text', text: String(content) }];
    default:
  }
  if (content === undefined || content === null) return [];
  if (Array.isArray(content)) return content.flatMap((part) => contentPieces(part, onOdd));
  const part = fieldsOf(content);
  if (!part) return odd(onOdd, `content of type ${typeof content}`);
  const type = stringOf(part.type);
  if (part.thought === true || /think|reason|thought|summary/.test(type))
    return [{ type: 'reasoning', text: textWithin(part) }];
  const text = part.text ?? part.refusal ?? part.content;
  if (text !== undefined) return contentPieces(fieldsOf(text)?.value ?? text, onOdd);
  return odd(onOdd, type === '' ? 'content without text' : `a part of type ${type.slice(0, 40)}`);
}

function odd(onOdd: (what: string) => void, what: string): [] {
  onOdd(what);
  return [];
}

/** All text in a value, at any depth. */
function textWithin(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(textWithin).join('');
  const fields = fieldsOf(value);
  if (!fields) return '';
  return ['thinking', 'reasoning', 'text', 'summary', 'content']
    .map((name) => textWithin(fields[name]))
    .join('');
}
