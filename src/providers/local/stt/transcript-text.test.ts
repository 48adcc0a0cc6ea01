import { expect, it } from '@jest/globals';
import { transcriptText } from './transcript-text.js';

it('keeps the words of a decoder’s text and nothing else', () => {
  expect(transcriptText('<sil> Book my [NOISE] appointment ++BREATH++ <sil>')).toBe('book my appointment');
  expect(transcriptText('read(2) it')).toBe('read it');
  expect(transcriptText("new_york uh-huh o'clock")).toBe("new york uh-huh o'clock");
  expect(transcriptText('<s> </s>')).toBe('');
});
