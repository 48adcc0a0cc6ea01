import { describe, expect, it } from '@jest/globals';
import { failureText, microphoneFailure, refusalFailure, type FailureKind } from './failures.js';

const kinds = [
  'microphone_denied',
  'microphone_missing',
  'microphone_busy',
  'insecure_origin',
  'no_webrtc',
  'no_path',
  'no_network',
  'relay_on_loopback',
  'relay_gone',
  'connection_lost',
  'not_authorised',
  'relay_busy',
  'relay_refused',
  'typing_too_fast',
  'playback_blocked',
] as const satisfies readonly FailureKind[];

describe('the page’s text for a failure', () => {
  it.each(kinds)('names %s and its remedy in whole sentences', (kind) => {
    const { title, remedy } = failureText({ kind });
    expect(title).toMatch(/^[A-Z].*[^.]$/);
    expect(remedy).toMatch(/^[A-Z].*\.$/);
  });

  it('offers typing if only the microphone is missing', () => {
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

  it('puts the detail before the remedy', () => {
    const { remedy } = failureText({ kind: 'relay_refused', detail: 'The offer has no audio' });
    expect(remedy).toBe('The offer has no audio. See its log.');
  });

  it('derives a microphone’s failure from the name of its exception', () => {
    expect(microphoneFailure('NotAllowedError').kind).toBe('microphone_denied');
    expect(microphoneFailure('NotFoundError').kind).toBe('microphone_missing');
    expect(microphoneFailure('NotReadableError').kind).toBe('microphone_busy');
    expect(microphoneFailure('').kind).toBe('microphone_busy');
  });

  it('derives a refusal from its status', () => {
    expect(refusalFailure(401)).toEqual({ kind: 'not_authorised' });
    expect(refusalFailure(503, 'No session waits.')).toEqual({ kind: 'relay_busy' });
    expect(refusalFailure(400, 'Not SDP.')).toEqual({ kind: 'relay_refused', detail: 'Not SDP.' });
    expect(refusalFailure(500, 'The relay has no UDP port.')).toEqual({
      kind: 'relay_refused',
      detail: 'The relay has no UDP port.',
    });
    expect(refusalFailure(418)).toEqual({ kind: 'relay_refused', detail: 'It answered with status 418.' });
  });

  it.each([502, 504])('treats %d as a proxy’s that does not reach the relay', (status) => {
    expect(refusalFailure(status)).toEqual({
      kind: 'relay_gone',
      detail: `The proxy or tunnel in front of it answered with status ${status}.`,
    });
  });
});
