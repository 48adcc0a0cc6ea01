/** What a relay hears and speaks with where no words matter: it hears none, speaks a tone, and loads no model. */
import { systemClock } from '#src/core/clock.js';
import type { PageVoices } from './page-relay.js';
import { toneVoice } from './light-relay.js';
import { timedRecogniser } from './timed-recogniser.js';

export const wordlessVoices: PageVoices = {
  stt: timedRecogniser({ clock: systemClock, speech: [] }),
  tts: toneVoice,
  warmUp: () => Promise.resolve(),
  close: () => Promise.resolve(),
};
