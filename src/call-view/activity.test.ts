import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { SessionEvent } from '../events/session-event.js';
import { activityAfter, type Activity } from './activity.js';

/** The activities that the page shows during a recorded conversation, in order. */
function shownDuring(name: string): Activity[] {
  const file = new URL(`../../fixtures/golden/${name}.ndjson`, import.meta.url);
  const events = readFileSync(file, 'utf8').trim().split('\n');
  const shown: Activity[] = [];
  let activity: Activity = 'listening';
  for (const line of events) {
    activity = activityAfter(activity, JSON.parse(line) as SessionEvent);
    if (shown.at(-1) !== activity) shown.push(activity);
  }
  return shown;
}

describe('the activity of a call', () => {
  it('follows a conversation', () => {
    expect(shownDuring('booking').slice(0, 8)).toEqual([
      'listening',
      'speaking',
      'listening',
      'hearing',
      'listening',
      'thinking',
      'speaking',
      'listening',
    ]);
  });

  it('shows that an interrupted agent is silent', () => {
    expect(shownDuring('barge-in').slice(0, 6)).toEqual([
      'listening',
      'speaking',
      'paused',
      'hearing',
      'listening',
      'thinking',
    ]);
  });

  it.each<[Activity, Activity]>([
    ['thinking', 'listening'],
    ['hearing', 'hearing'],
  ])('stops thinking when a turn ends without an answer: %s becomes %s', (before, after) => {
    expect(activityAfter(before, { type: 'turn.end' } as SessionEvent)).toBe(after);
  });
});
