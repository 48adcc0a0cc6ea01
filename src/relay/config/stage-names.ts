/** The names of a session's providers, for people. */
import type { StageNames } from '../../call-view/introduction.js';
import { functionModelName } from '../../providers/function-model.js';
import type { ResolvedConfig } from './config.js';
import type { NamedProvider } from './provider-config.js';

/** The first provider of each stage, and its number of fallbacks (`deepgram +1`). */
export function stageNames({ stt, llm, tts }: Pick<ResolvedConfig, 'stt' | 'llm' | 'tts'>): StageNames {
  return { stt: named(stt), llm: named(llm), tts: named(tts) };
}

type Named = NamedProvider | { readonly name: string } | ((...args: never[]) => unknown);

function named(list: readonly Named[]): string {
  const [first] = list;
  if (!first) return 'none';
  const name = nameOf(first);
  return list.length > 1 ? `${name} +${list.length - 1}` : name;
}

/** As events and errors name it. A function's own name would be that of the field it stands in. */
function nameOf(one: Named): string {
  if (typeof one === 'function') return functionModelName;
  return 'definition' in one ? one.definition.name : one.name;
}
