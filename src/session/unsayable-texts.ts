/** Finds the configured sentences that a voice cannot pronounce: the caller would hear silence instead. */
import type { ProviderNotice } from '../events/provider-notice.js';
import type { TextToSpeech } from '../providers/text-to-speech.js';
import type { SessionParts } from './session-parts.js';
import { shortened } from '../speech-text/text-characters.js';

type Voices = Pick<SessionParts, 'agent' | 'tts' | 'fallbackVoice' | 'turnTaking'>;

/** One notice for each sentence and voice; empty if the voices can say all, or cannot check. */
export function unsayableTexts({ agent, tts, fallbackVoice, turnTaking }: Voices): readonly ProviderNotice[] {
  if (!agent) return [];
  const remedyForVoice =
    'Configure a voice that speaks the language, or write the text in letters that this voice knows.';
  const texts: readonly (readonly [
    field: string,
    text: string,
    voice: TextToSpeech | null,
    remedy: string,
  ])[] = [
    ['agent.greeting', agent.greeting, tts, remedyForVoice],
    ['agent.filler', agent.filler, tts, remedyForVoice],
    ['turnTaking.reprompt', turnTaking.reprompt, tts, remedyForVoice],
    ['agent.apology', agent.apology, tts, remedyForVoice],
    [
      'agent.apology',
      agent.apology,
      fallbackVoice,
      'Set agent.apologyVoice to a voice that speaks the language, or write the text in letters that this voice knows.',
    ],
  ];
  const notices = new Map<string, ProviderNotice>();
  for (const [field, text, voice, remedy] of texts) {
    const found = voice?.unsayable?.(text);
    if (!found) continue;
    const message = `The voice ${found.voice} cannot say "${shortened(found.words.join(' '))}": the caller would hear silence.`;
    // One voice may have both roles; then keep the first remedy.
    const key = `${field} ${message}`;
    if (!notices.has(key)) notices.set(key, { field, message, remedy });
  }
  return [...notices.values()];
}
