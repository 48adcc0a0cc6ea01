import { seededRandom } from '../seeded-random.js';

/**
 * The shapes in which servers of OpenAI's API send the same answer. Each was seen from a real server: tags in the text from
 * vLLM, llama.cpp and Ollama without a reasoning parser; `reasoning_content` and `reasoning` from vLLM, DeepSeek and
 * OpenRouter; parts from Mistral; the tool calls from Gemini's compatible endpoint, Ollama and older vLLMs; odd messages and
 * ends from proxies; tool calls in the text from vLLM and llama.cpp without a tool-call parser; keep-alives from OpenRouter
 * (comments) and vLLM (empty deltas).
 */
export const openAiManners = [
  'plain',
  'think_tags',
  'thinking_tags',
  'spelled_tags',
  'closing_tag_alone',
  'channel_tags',
  'bracket_tags',
  'reasoning_content',
  'reasoning_field',
  'thinking_parts',
  'content_parts',
  'number_content',
  'null_content',
  'odd_messages',
  'keep_alives',
  'no_finish_reason',
  'unknown_finish_reason',
  'index_always_0',
  'no_index',
  'name_repeated',
  'new_id_each_time',
  'object_arguments',
  'double_encoded_arguments',
  'tool_calls_in_text',
  'thought_signature',
] as const;

export type OpenAiManner = (typeof openAiManners)[number];

/**
 * The manners that `random` draws from. `closing_tag_alone` is excluded: a template leaves out the opening tag in every answer
 * or in none, and clients learn that from the first answer.
 */
const drawn = openAiManners.filter((manner) => manner !== 'closing_tag_alone');

/** Returns the manner of each answer in turn; `random` draws the same sequence for the same seed. */
export function mannersInTurn(manners: OpenAiManner | 'random', seed: number): () => OpenAiManner {
  if (manners !== 'random') return () => manners;
  const random = seededRandom(seed);
  return () => drawn[Math.floor(random() * drawn.length)] ?? 'plain';
}
