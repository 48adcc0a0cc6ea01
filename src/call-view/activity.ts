import type { SessionEvent } from '../events/session-event.js';

/** The state of a live call, in the word that the page shows. */
export type Activity = 'listening' | 'hearing' | 'thinking' | 'speaking' | 'paused';

/** The activity after one more event. */
export function activityAfter(activity: Activity, event: SessionEvent): Activity {
  switch (event.type) {
    case 'session.start':
      return 'listening';
    case 'speech.start':
      // While the agent speaks or is paused, keep showing that.
      return activity === 'listening' || activity === 'thinking' ? 'hearing' : activity;
    case 'speech.end':
      return activity === 'hearing' ? 'listening' : activity;
    case 'transcript.final':
      return 'thinking';
    case 'tts.audio_start':
    case 'agent.resumed':
      return 'speaking';
    case 'agent.paused':
      return 'paused';
    case 'tts.audio_end':
      return activity === 'paused' ? 'hearing' : 'listening';
    case 'turn.end':
      // The turn had no answer, or the answer failed before it was audible.
      return activity === 'thinking' ? 'listening' : activity;
    default:
      return activity;
  }
}
