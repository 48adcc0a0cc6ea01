/**
 * Parses tool calls that a model wrote in its text because the server has no parser for them.
 *
 * Sources: the chat templates of Hermes and Qwen (`<tool_call>`), Llama 3 (`<|python_tag|>`, `<function=…>`),
 * Qwen3-Coder (`<parameter=…>` within it) and Mistral (`[TOOL_CALLS]`), and vLLM's tool parsers of the same names
 */
import type { ToolDefinition } from '../language-model.js';
import { argumentsOf, fieldsOf, listOf, stringOf, type WireFields } from './wire-value.js';

/** A parsed call. */
export interface WrittenCall {
  readonly name: string;
  /** JSON text. */
  readonly arguments: string;
}

/** The calls in the text between a tool call's tags; empty if it cannot be parsed. */
export function writtenCalls(body: string, tools: readonly ToolDefinition[]): WrittenCall[] {
  // Mistral repeats the marker before each call.
  const parts = body.split(/\[TOOL_CALLS\]/i).filter((part) => part.trim() !== '');
  const calls = parts.map((part) => callsIn(part.trim(), tools));
  return calls.every(({ length }) => length > 0) ? calls.flat() : [];
}

function callsIn(text: string, tools: readonly ToolDefinition[]): WrittenCall[] {
  const named = namedFunction(text, tools);
  if (named) return [named];
  const values = jsonValues(text);
  if (values) return callsOf(values);
  // Mistral's later form: the name, then the arguments.
  const at = text.indexOf('{');
  const name = (text.slice(0, Math.max(0, at)).split('[')[0] ?? '').trim();
  const written = at < 0 ? null : jsonValues(text.slice(at));
  const [only] = written ?? [];
  if (!isName(name) || written?.length !== 1 || !fieldsOf(only)) return [];
  return [{ name, arguments: JSON.stringify(only) }];
}

/** `<function=name>{…}`, or Qwen3-Coder's `<function=name><parameter=day>monday</parameter>`. */
function namedFunction(text: string, tools: readonly ToolDefinition[]): WrittenCall | null {
  const end = text.indexOf('>');
  if (!/^<function=/i.test(text) || end < 0) return null;
  const name = text.slice('<function='.length, end).replace(/["']/g, '').trim();
  const closing = text.toLowerCase().lastIndexOf('</function');
  const inner = text.slice(end + 1, closing < 0 ? undefined : closing).trim();
  if (!isName(name)) return null;
  if (inner === '') return { name, arguments: '{}' };
  const [value, ...more] = jsonValues(inner) ?? [];
  if (fieldsOf(value) && more.length === 0) return { name, arguments: JSON.stringify(value) };
  const parameters = parametersOf(
    inner,
    fieldsOf(tools.find((tool) => tool.name === name)?.parameters.properties),
  );
  return parameters && { name, arguments: JSON.stringify(parameters) };
}

function parametersOf(text: string, properties: WireFields | null): WireFields | null {
  const found: [string, unknown][] = text
    .split(/<parameter=/i)
    .slice(1)
    .map((part) => {
      const end = part.indexOf('>');
      const closing = part.toLowerCase().lastIndexOf('</parameter');
      const written = part.slice(end + 1, closing < 0 ? undefined : closing).trim();
      const name = part.slice(0, Math.max(0, end)).trim();
      // String values have no quotation marks here, even if they look like numbers.
      const isText = fieldsOf(properties?.[name])?.type === 'string';
      return [name, isText ? written : (jsonOf(written) ?? written)];
    });
  const areNamed = found.length > 0 && found.every(([name]) => isName(name));
  return areNamed ? Object.fromEntries(found) : null;
}

function callsOf(values: readonly unknown[]): WrittenCall[] {
  const calls = values.map((value) => {
    const fields = fieldsOf(value);
    const called = fieldsOf(fields?.function) ?? fields;
    const name = stringOf(called?.name);
    const written = argumentsOf(called?.arguments ?? called?.parameters).trim();
    return { name, arguments: written === '' ? '{}' : written };
  });
  return calls.every(({ name }) => isName(name)) ? calls : [];
}

/** A JSON value, the elements of a list, or several objects separated by `;` or a line break; null for other text. */
function jsonValues(text: string): readonly unknown[] | null {
  const value = jsonOf(text);
  if (value !== undefined) return Array.isArray(value) ? listOf(value) : [value];
  const parts = text.split(/(?<=\})\s?[;\n]\s?(?=\{)/).map(jsonOf);
  return parts.length > 1 && parts.every((part) => part !== undefined) ? parts : null;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isName(name: string): boolean {
  return /^[\w.-]{1,128}$/.test(name);
}
