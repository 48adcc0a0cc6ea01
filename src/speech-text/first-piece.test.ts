import { describe, expect, it } from '@jest/globals';
import { SentenceSplitter } from './sentence-splitter.js';

/** Speech lasts this long for each character. */
const msPerCharacter = 66;

/** Speech itself has shorter silences, in its consonants. */
const shortestHoleMs = 60;

/** A voice that speaks one piece after the other: its own delay for each, then this much faster than real time. */
interface Voice {
  readonly firstAudioMs: number;
  readonly speed: number;
}

interface Spoken {
  /** When the caller hears the first sound, after the model's first token. */
  readonly earMs: number;
  /** The longest silence between two pieces. */
  readonly holeMs: number;
}

/** Tokens of a word each arrive every `tokenMs` and are spoken in the pieces that the splitter makes of them. */
function speak(text: string, tokenMs: number, voice: Voice, joinsPieces: boolean): Spoken {
  const splitter = new SentenceSplitter({ joinsPieces });
  const tokens = text.match(/\s*[\w']+|[^\w\s]/g) ?? [];
  const pieces = tokens.flatMap((token, index) =>
    splitter.push(token).map((piece) => ({ piece, atMs: index * tokenMs })),
  );
  pieces.push(...splitter.flush().map((piece) => ({ piece, atMs: tokens.length * tokenMs })));
  let freeMs = 0;
  let playedMs: number | null = null;
  let earMs = 0;
  let holeMs = 0;
  for (const { piece, atMs } of pieces) {
    const lastsMs = piece.trim().length * msPerCharacter;
    const soundMs = Math.max(atMs, freeMs) + voice.firstAudioMs;
    freeMs = soundMs + lastsMs / voice.speed;
    if (playedMs === null) earMs = soundMs;
    else holeMs = Math.max(holeMs, soundMs - playedMs);
    playedMs = Math.max(playedMs ?? 0, soundMs) + lastsMs;
  }
  return { earMs, holeMs };
}

const answers = [
  'Certainly, I can offer you an appointment on Monday at ten in the morning, or on Thursday at two.',
  'Of course, we are open from nine to five on weekdays, and on Saturdays until noon.',
  'In that case, I would move your visit to Friday. Does the afternoon suit you?',
  'Sure. I can move your visit to Friday afternoon, if that suits you better.',
  'Of course! Which day would you like to come in?',
];

describe('the first piece of an answer', () => {
  it('leaves no silence behind it with voices from 1.5 to 6 times faster than real time', () => {
    for (const answer of answers)
      for (const tokenMs of [8, 12, 25])
        for (const firstAudioMs of [50, 75, 150])
          for (const speed of [1.5, 2, 3, 6]) {
            const { holeMs } = speak(answer, tokenMs, { firstAudioMs, speed }, true);
            const isHeard = holeMs > shortestHoleMs;
            expect({ answer, tokenMs, firstAudioMs, speed, isHeard }).toMatchObject({ isHeard: false });
          }
  });

  it('leaves at most a breath with a model that writes 25 tokens a second', () => {
    for (const answer of answers) {
      const { holeMs } = speak(answer, 40, { firstAudioMs: 150, speed: 1.5 }, true);
      expect({ answer, isShort: holeMs <= 120 }).toEqual({ answer, isShort: true });
    }
  });

  it('is heard several tokens sooner if the voice joins pieces', () => {
    const voice = { firstAudioMs: 75, speed: 3 };
    const [certainly = ''] = answers;
    const sooner = speak(certainly, 12, voice, true).earMs;
    expect(speak(certainly, 12, voice, false).earMs - sooner).toBeGreaterThanOrEqual(12 * 10);
    expect(sooner).toBe(75 + 12);
  });

  it.each(['Of course.', 'Sure!', 'All right.', 'Natürlich.', 'Bien sûr !', 'Got it.'])(
    'gives "%s" at once, since nothing can change its end',
    (opener) => {
      expect(new SentenceSplitter().push(opener)).toEqual(opener === 'Bien sûr !' ? [] : [opener]);
    },
  );

  it.each([
    'No.',
    'Dr.',
    'Example.',
    'On Monday.',
    'I am sure.',
    'Claro.com',
    'Sure.com is',
    'Great!!',
    'Certainly... let',
  ])('waits for more after "%s"', (start) => {
    expect(new SentenceSplitter().push(start)).toEqual([]);
  });

  describe('for a voice that speaks its pieces as one text', () => {
    const firstPiece = (text: string): string | undefined =>
      new SentenceSplitter({ joinsPieces: true }).push(text)[0];

    it.each(['Certainly,', 'Of course,', 'In that case,', 'On the other hand,'])(
      'gives "%s" at once',
      (clause) => {
        expect(firstPiece(clause)).toBe(clause);
        expect(new SentenceSplitter().push(clause)).toEqual([]);
      },
    );

    it.each([
      'Well,',
      'Yes,',
      'On Monday,',
      'In December,',
      'It costs 1,',
      'We are open: ',
      'See https://maps.example.com/Berlin,Germany',
      'Write to info@example.com,',
      'I said "no thanks,"',
    ])('waits for more after "%s"', (start) => {
      expect(firstPiece(start)).toBeUndefined();
    });

    it('lets no later clause be so short', () => {
      const splitter = new SentenceSplitter({ joinsPieces: true });
      expect(splitter.push('Certainly, in that case, we can offer you Monday, or Tuesday')).toEqual([
        'Certainly,',
        ' in that case, we can offer you Monday, ',
      ]);
    });
  });
});
