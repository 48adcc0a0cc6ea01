import { describe, expect, it } from '@jest/globals';
import { FrameDiff } from './frame-diff.js';

const visible = (text: string): string => text.replaceAll('\u001b', '␛');

describe('the difference of two frames', () => {
  it('sends the first frame in full, on a cleared screen, as one update', () => {
    expect(visible(new FrameDiff().next('one\ntwo'))).toBe(
      '␛[?2026h␛[H␛[2J␛[1;1H␛[2Kone␛[2;1H␛[2Ktwo␛[?2026l',
    );
  });

  it('sends only the lines that changed', () => {
    const diff = new FrameDiff();
    diff.next('one\ntwo\nthree');
    expect(visible(diff.next('one\n2\nthree'))).toBe('␛[?2026h␛[2;1H␛[2K2␛[?2026l');
  });

  it('sends nothing if nothing changed', () => {
    const diff = new FrameDiff();
    diff.next('one\ntwo');
    expect(diff.next('one\ntwo')).toBe('');
  });

  it('clears the lines that a shorter frame no longer has', () => {
    const diff = new FrameDiff();
    diff.next('one\ntwo\nthree');
    expect(visible(diff.next('one'))).toBe('␛[?2026h␛[2;1H␛[J␛[?2026l');
  });

  it('sends the next frame in full after a reset', () => {
    const diff = new FrameDiff();
    diff.next('one');
    diff.reset();
    expect(visible(diff.next('one'))).toBe('␛[?2026h␛[H␛[2J␛[1;1H␛[2Kone␛[?2026l');
  });
});
