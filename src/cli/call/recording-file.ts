/** Fetches Twilio's recording of a call once it is ready. */
import { delay, type Clock } from '../../core/clock.js';
import { HzRelayError } from '../../core/errors.js';
import type { TwilioAccount } from '../../telephony/twilio-account.js';
import { writePrivateFile } from '../private-file.js';
import { reasonOf } from '../../relay/system-reason.js';

const askEveryMs = 1000;
/** Twilio needs a few seconds to prepare the recording of a call of a few minutes. */
const readyWithinMs = 60_000;

/**
 * Waits until Twilio has the recording, writes it, and deletes Twilio's copy. Throws an HzRelayError if the recording
 * is not ready within a minute or cannot be written (Twilio then keeps its copy), or a TwilioError.
 */
export async function fetchRecording(
  account: Pick<TwilioAccount, 'recording'>,
  callSid: string,
  path: string,
  clock: Clock,
): Promise<void> {
  const startMs = clock.nowMs();
  let file = await account.recording(callSid);
  while (!file) {
    if (clock.nowMs() - startMs > readyWithinMs)
      throw new HzRelayError(
        `Twilio has no recording of the call after ${readyWithinMs / 1000} s. Look at https://console.twilio.com, call ${callSid}.`,
      );
    await delay(clock, askEveryMs);
    file = await account.recording(callSid);
  }
  await writePrivateFile(path, file.wav).catch((cause: unknown) => {
    throw new HzRelayError(`--record ${path} cannot be written: ${reasonOf(cause)}. Twilio keeps its copy.`, {
      cause,
    });
  });
  await file.remove();
}
