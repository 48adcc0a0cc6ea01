/** The recording that Twilio made of a call, fetched once it is ready. */
import { writeFile } from 'node:fs/promises';
import { delay, type Clock } from '../../clock.js';
import { HzRelayError } from '../../errors.js';
import type { TwilioAccount } from '../../server/twilio-account.js';
import { reasonOf } from '../replay-inputs.js';

const askEveryMs = 1000;
/** Twilio needs some seconds for a call of some minutes. */
const readyWithinMs = 60_000;

/**
 * Waits until Twilio has the recording, writes it, and deletes Twilio's copy. Throws an HzRelayError if it is not there in a
 * minute or cannot be written (then Twilio keeps its copy), or a TwilioError.
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
  await writeFile(path, file.wav).catch((cause: unknown) => {
    throw new HzRelayError(`--record ${path} cannot be written: ${reasonOf(cause)}. Twilio keeps its copy.`, {
      cause,
    });
  });
  await file.remove();
}
