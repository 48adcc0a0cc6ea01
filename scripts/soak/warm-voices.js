/** The embedded providers for calls in virtual time, with every worker up: one that starts later is no leak. */
import { TestVoices } from '../../dist/testing/virtual-call.js';

/** Whoever asked for them closes them. */
export async function warmVoices() {
  const voices = new TestVoices();
  await voices.warmUp();
  await Promise.all([voices.stt.idle(), voices.tts.idle()]);
  return voices;
}
