import { describe, expect, it } from '@jest/globals';
import { failureText, microphoneFailure, refusalFailure, type FailureKind } from './failures.js';

const kinds = [
  'microphone_denied',
  'microphone_missing',
  'microphone_busy',
  'insecure_origin',
  'no_webrtc',
  'no_path',
  'relay_gone',
  'connection_lost',
  'not_authorised',
  'relay_busy',
  'relay_refused',
  'playback_blocked',
] as const satisfies readonly FailureKind[];

describe('what the page says of a failure', () => {
  it.each(kinds)('names %s and its remedy in whole sentences', (kind) => {
    const { title, remedy } = failureText({ kind });
    expect(title).toMatch(/^[A-Z].*[^.]$/);
    expect(remedy).toMatch(/^[A-Z].*\.$/);
  });

  it('lets people type where only the microphone is missing', () => {
    for (const kind of [
      'microphone_denied',
      'microphone_missing',
      'microphone_busy',
      'insecure_origin',
    ] as const) {
      const { harmless, remedy } = failureText({ kind });
      expect(harmless).toBe(true);
      expect(remedy).toContain('type instead');
    }
  });

  it('puts the words of whoever failed before the remedy', () => {
    const { remedy } = failureText({ kind: 'relay_refused', detail: 'The offer has no audio' });
    expect(remedy).toBe('The offer has no audio. Its log says more.');
  });

  it('knows a microphone’s failure by the name of its exception', () => {
    expect(microphoneFailure('NotAllowedError').kind).toBe('microphone_denied');
    expect(microphoneFailure('NotFoundError').kind).toBe('microphone_missing');
    expect(microphoneFailure('NotReadableError').kind).toBe('microphone_busy');
    expect(microphoneFailure('').kind).toBe('microphone_busy');
  });

  it('knows a refusal by its status', () => {
    expect(refusalFailure(401)).toEqual({ kind: 'not_authorised' });
    expect(refusalFailure(503, 'No session waits.')).toEqual({ kind: 'relay_busy' });
    expect(refusalFailure(400, 'Not SDP.')).toEqual({ kind: 'relay_refused', detail: 'Not SDP.' });
    expect(refusalFailure(502)).toEqual({
      kind: 'relay_refused',
      detail: 'It answered with status 502.',
    });
  });
});
