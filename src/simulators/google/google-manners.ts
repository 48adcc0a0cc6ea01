import { seededRandom } from '../seeded-random.js';

/**
 * The shapes in which Gemini sends the same answer. Each was seen from the service, the last from
 * gateways.
 *
 * - `plain`: the end and the signature in a message of their own, with an empty text (recording of gemini-3.7-flash in
 *   vercel/ai, `google-stream-gemini-3.7-flash-2026-09-16.chunks.txt`)
 * - `end_in_text`: both in the message of the last text (`google-gemini-3.7-flash-thinking-levels.json`, there)
 * - `end_without_parts`, `end_without_content`: an end with nothing else (agentjido/req_llm issue 944)
 * - `end_in_each`: every message has a finish reason, as before Gemini 2.5 (recordings in google-gemini/generative-ai-js)
 * - `thoughts`: summaries of the reasoning first (`google-stream-no-args-tool-call.chunks.txt`)
 * - `no_counts`: counts of tokens only at the end (envoyproxy/ai-gateway pull request 2399)
 * - `cached`: tokens from the cache and from tools' results (`google-usage-raw-live.chunks.txt`)
 * - `usage_alone`: messages without candidates (the same recording)
 * - `no_ids`: calls without ids, as from Gemini 2.5 (`google-tool-call-gemini3.chunks.txt`)
 * - `calls_together`: all calls and the end in one message (brekkylab/ailoy pull request 434)
 * - `other_parts`: parts and fields that clients do not know
 * - `error_behind`: a 503 as bare JSON behind the end (vercel/ai issue 5217)
 * - `line_feeds`: lines that end as the standard prefers; the service ends them with CR LF
 * - `late_headers`: no headers before the first token (timothy-agent/timothy pull request 102)
 */
export const googleManners = [
  'plain',
  'end_in_text',
  'end_without_parts',
  'end_without_content',
  'end_in_each',
  'thoughts',
  'no_counts',
  'cached',
  'usage_alone',
  'no_ids',
  'calls_together',
  'other_parts',
  'error_behind',
  'line_feeds',
  'late_headers',
] as const;

export type GoogleManner = (typeof googleManners)[number];

/** Returns the manner of each answer in turn; `random` draws the same sequence for the same seed. */
export function googleMannersInTurn(manners: GoogleManner | 'random', seed: number): () => GoogleManner {
  if (manners !== 'random') return () => manners;
  const random = seededRandom(seed);
  return () => googleManners[Math.floor(random() * googleManners.length)] ?? 'plain';
}
