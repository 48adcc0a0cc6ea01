import type { ToolCall } from '../language-model.js';
import { argumentsOf, fieldsOf, only, stringOf, without, type WireFields } from './wire-value.js';

interface Draft {
  readonly id: string;
  readonly index: number | null;
  name: string;
  arguments: string;
  call: WireFields;
  function: WireFields;
}

const callFields = ['index', 'id', 'type', 'function'];
const functionFields = ['name', 'arguments'];

/**
 * Joins the fragments of tool calls. A new id begins a new call, even with a used index (Gemini numbers all calls 0) or
 * without one; a fragment without an id continues the last call of its index. A name replaces the previous one, since
 * some servers repeat it in each fragment; arguments are appended. Unknown fields are kept.
 */
export class ToolCallDrafts {
  readonly #drafts: Draft[] = [];

  get size(): number {
    return this.#drafts.length;
  }

  /** Takes a fragment; returns false if the value is not one. */
  take(value: unknown): boolean {
    const fragment = fieldsOf(value);
    if (!fragment) return false;
    // Some servers leave out the object around name and arguments.
    const called = fieldsOf(fragment.function) ?? only(fragment, functionFields);
    const draft = this.#draftFor(fragment, stringOf(called.name));
    if (stringOf(called.name) !== '') draft.name = stringOf(called.name);
    const written = argumentsOf(called.arguments);
    draft.arguments =
      typeof called.arguments === 'object' && written !== '' ? written : draft.arguments + written;
    draft.call = { ...draft.call, ...without(fragment, [...callFields, ...functionFields]) };
    draft.function = { ...draft.function, ...without(called, functionFields) };
    return true;
  }

  /** The calls in order, each with a unique id; `origin` is the server to which unknown fields belong. */
  finished(origin: string): ToolCall[] {
    const ids = new Set<string>();
    return this.#drafts
      .filter(({ name }) => name !== '')
      .map((draft, index) => {
        const id = unusedId(draft.id === '' ? `call_${index}` : draft.id, ids);
        ids.add(id);
        const { name, call, function: called } = draft;
        // Some models send no arguments at all for a tool without parameters.
        const written = draft.arguments.trim() === '' ? '{}' : draft.arguments;
        const hasExtra = Object.keys(call).length + Object.keys(called).length > 0;
        return {
          id,
          name,
          arguments: written,
          ...(hasExtra && { extra: { origin, call, function: called } }),
        };
      });
  }

  #draftFor(fragment: WireFields, name: string): Draft {
    const id = typeof fragment.id === 'number' ? String(fragment.id) : stringOf(fragment.id);
    const index = indexOf(fragment.index);
    const last = this.#drafts.findLast(
      (draft) => index === null || draft.index === null || draft.index === index,
    );
    const known =
      id === ''
        ? last
        : this.#drafts.find(
            (draft) => draft.id === id && (index === null || draft.index === null || draft.index === index),
          );
    const isNew = id === '' ? name !== '' && (isComplete(last) || isOther(last, name)) : !goesOn(last, name);
    if (known && (id !== '' || !isNew)) return known;
    if (last && !isNew) return last;
    const draft: Draft = { id, index, name: '', arguments: '', call: {}, function: {} };
    this.#drafts.push(draft);
    return draft;
  }
}

/** A few servers write the number as text. */
function indexOf(value: unknown): number | null {
  const index = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof index === 'number' && Number.isInteger(index) ? index : null;
}

/** Some servers send a new id with every fragment; only the first fragment of a call has a name. */
function goesOn(last: Draft | undefined, name: string): boolean {
  return last !== undefined && last.name !== '' && name === '';
}

/** Whether the name is that of another call: the last one has a name, and neither arguments nor more of this name. */
function isOther(last: Draft | undefined, name: string): boolean {
  return last !== undefined && last.name !== '' && last.arguments === '' && !name.startsWith(last.name);
}

/** Whether the call is complete, so that a new name begins another call. */
function isComplete(draft: Draft | undefined): boolean {
  if (!draft || draft.name === '' || !/[}"]$/.test(draft.arguments.trimEnd())) return false;
  try {
    JSON.parse(draft.arguments);
    return true;
  } catch {
    return false;
  }
}

function unusedId(id: string, used: ReadonlySet<string>): string {
  let unused = id;
  for (let count = 2; used.has(unused); count++) unused = `${id}_${count}`;
  return unused;
}
