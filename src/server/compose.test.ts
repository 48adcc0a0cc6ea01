import { describe, expect, it } from '@jest/globals';
import { systemClock } from '../clock.js';
import { defaultTurnTaking, type TurnTaking } from '../session/turn-taking.js';
import { KeepingEar, lightSession } from '../testing/light-relay.js';
import { Providers } from './compose.js';
import { resolveConfig } from './config.js';

/** The turn taking of a session with this recogniser and these thresholds. */
function turnTakingOf(stt: KeepingEar, turnTaking?: Partial<TurnTaking>): TurnTaking {
  const config = resolveConfig({ ...lightSession(stt), ...(turnTaking && { turnTaking }) });
  return new Providers(systemClock).parts(config, '00000000').turnTaking;
}

class SlowEar extends KeepingEar {
  readonly finalTimeoutMs = 1500;
}

describe('the turn taking of a session', () => {
  it('has defaults', () => {
    expect(turnTakingOf(new KeepingEar())).toEqual(defaultTurnTaking);
  });

  it('waits for a final as long as the recogniser asks for, and as long as the user says before that', () => {
    expect(turnTakingOf(new SlowEar()).finalTimeoutMs).toBe(1500);
    expect(turnTakingOf(new SlowEar(), { finalTimeoutMs: 700 }).finalTimeoutMs).toBe(700);
    expect(turnTakingOf(new SlowEar(), { endSilenceMs: 300 })).toEqual({
      ...defaultTurnTaking,
      finalTimeoutMs: 1500,
      endSilenceMs: 300,
    });
  });
});
