/** The embedded providers for calls in virtual time. All workers are started, so that a later start is no apparent leak. */
import { TestVoices } from '../../dist/drills/virtual-call.js';

/** Starts them. The caller closes them. */
export async function warmVoices() {
  const voices = new TestVoices();
  await voices.warmUp();
  await Promise.all([voices.stt.idle(), voices.tts.idle()]);
  return voices;
}
