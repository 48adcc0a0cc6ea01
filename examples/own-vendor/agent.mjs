// An agent that uses only Acme. Its key and address come from ACME_API_KEY and ACME_BASE_URL.
import { defineAgent } from 'hzrelay';
import { acmeLlm } from './llm.mjs';
import { acmeStt } from './stt.mjs';
import { acmeTts } from './tts.mjs';

export default defineAgent({
  providers: [acmeStt, acmeLlm, acmeTts],
  stt: acmeStt.config({ language: 'en' }),
  llm: acmeLlm.config({ model: 'acme-1' }),
  tts: acmeTts.config({ voice: 'ann' }),
  systemPrompt: 'You take bookings for a restaurant.',
  greeting: 'Hello, this is the restaurant.',
});
