/** The text of an answer in the shapes of many servers. */
import type { OpenAiManner } from './openai-manners.js';

const thought = 'Okay, the caller wants something. Is 3 < 4? I should be brief.';

const tags: Readonly<Partial<Record<OpenAiManner, string>>> = {
  think_tags: `<think>\n${thought}\n</think>\n\n`,
  thinking_tags: `<thinking>${thought}</thinking>\n`,
  spelled_tags: `< Think effort="low"\n>${thought}</THINK >\n`,
  closing_tag_alone: `${thought}\n</think>\n\n`,
  channel_tags: `<|channel|>analysis<|message|>${thought}<|end|><|start|>assistant<|channel|>final<|message|>`,
  bracket_tags: `[THINK]${thought}[/THINK]`,
};

/** Messages without content in the middle of an answer. */
export const oddMessages: readonly string[] = [
  'data: {"choices":[{"delta":{"content":"\n\n',
  ': keep-alive\n\ndata: null\n\ndata: 7\n\n',
  'data: {"choices":[{"delta":{"content":{"unknown":true}}}]}\n\n',
  'data: {"choices":[],"usage":{"total_tokens":12}}\n\n',
  'event: ping\ndata: {"type":"ping"}\n\n',
];

/** Keep-alives before the answer. Source: https://openrouter.ai/docs, streaming */
export const keepAlives: readonly string[] = [
  ': OPENROUTER PROCESSING\n\n',
  ': OPENROUTER PROCESSING\n\n',
  'event: ping\n\n',
];

/** The reasoning before the text: as tags within it, or as a separate delta. */
export function reasoningBefore(manner: OpenAiManner): { readonly tags: string; readonly delta: string } {
  const isApart =
    manner === 'reasoning_content' || manner === 'reasoning_field' || manner === 'thinking_parts';
  return { tags: tags[manner] ?? '', delta: isApart ? thought : '' };
}

/** The deltas of an answer's text. Empty for an empty text: models that only call tools do not reason here. */
export function chatText(
  text: string,
  manner: OpenAiManner,
  tokensOf: (text: string) => readonly string[],
): object[] {
  if (text === '') return [];
  const before = reasoningBefore(manner);
  const thoughts = tokensOf(before.delta).map((part) => reasoningDelta(part, manner));
  const said = tokensOf(before.tags + text).flatMap((part) => contentDeltas(part, manner));
  return [...thoughts, ...said];
}

function reasoningDelta(text: string, manner: OpenAiManner): object {
  if (manner === 'reasoning_field')
    return { content: '', reasoning: text, reasoning_details: [{ type: 'reasoning.text', text }] };
  if (manner === 'thinking_parts')
    return { content: [{ type: 'thinking', thinking: [{ type: 'text', text }] }] };
  return { content: null, reasoning_content: text };
}

function contentDeltas(text: string, manner: OpenAiManner): object[] {
  switch (manner) {
    case 'thinking_parts':
    case 'content_parts':
      return [{ content: [{ type: 'text', text }] }];
    case 'number_content': {
      // A number that prints exactly as it was written.
      const number = /^\d{1,8}$/.test(text) && String(Number(text)) === text;
      return [{ content: number ? Number(text) : text }];
    }
    case 'null_content':
      return [{ content: null }, { content: text, refusal: null, tool_calls: null }];
    default:
      return [{ content: text }];
  }
}
