import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mostCharacters } from './speak-limits.js';
import { SpeechQueue } from './speech-queue.js';

describe('SpeechQueue', () => {
  it('completes every chunk once and in order, however answers arrive', () => {
    const chunk = fc.oneof(fc.constantFrom('...', ' ', '', 'Yes.'), fc.string({ maxLength: 40 }));
    fc.assert(
      fc.property(
        fc.array(chunk, { maxLength: 30 }),
        fc.infiniteStream(fc.boolean()),
        (chunks, isAnswered) => {
          const queue = new SpeechQueue();
          const done: number[] = [];
          const pass = (): void => {
            while (queue.next) queue.sent();
            if (isAnswered.next().value === true) queue.flushed();
            done.push(...queue.takeDone());
          };
          for (const text of chunks) {
            queue.add(text);
            pass();
          }
          while (!queue.isEmpty) queue.flushed();
          done.push(...queue.takeDone());
          expect(done).toEqual(chunks.map((_, index) => index));
          expect(queue.flushed()).toBe(false);
        },
      ),
    );
  });

  it('cuts a long text between words, without losing any', () => {
    const text = 'a few words '.repeat(700).trim();
    const queue = new SpeechQueue();
    queue.add(text);
    const pieces: string[] = [];
    for (let piece = queue.next; piece; piece = queue.next) {
      pieces.push(piece.text);
      queue.sent();
    }
    expect(pieces.every(({ length }) => length <= mostCharacters)).toBe(true);
    expect(pieces.join(' ')).toBe(text);
  });

  it('cuts a text without spaces between characters', () => {
    const queue = new SpeechQueue();
    queue.add(`a${'𝒳'.repeat(2000)}`);
    // It throws for half a character.
    expect(() => encodeURIComponent(queue.next?.text ?? '')).not.toThrow();
  });
});
