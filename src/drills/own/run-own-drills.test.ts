import { describe, expect, it } from '@jest/globals';
import type { SessionEvent } from '../../events/session-event.js';
import type { OwnRun } from './own-verdict.js';
import { requireGood } from './run-own-drills.js';

const unheard: OwnRun = {
  caller: { events: [{ type: 'session.end', reason: 'hangup' }] as unknown as SessionEvent[], failure: null },
  faultMs: null,
  recording: null,
  left: [],
  hasSilentRecogniser: false,
};
const check = (run: OwnRun) => (): void => requireGood(run, 'twilio', [{ name: 'book.wav' }]);

describe('a call without a fault whose recogniser gave no words', () => {
  it('asks for a clearer recording where the recogniser answered', () => {
    expect(check(unheard)).toThrow(/understood no word of book\.wav .*Use a recording of clear speech/);
  });

  it('blames the recogniser where it sent no result at all', () => {
    expect(check({ ...unheard, hasSilentRecogniser: true })).toThrow(
      'Your recogniser sent no result for book.wav (twilio), not even an empty one. It must answer every flush() with a final.',
    );
  });
});
