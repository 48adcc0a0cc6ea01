import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SentenceSplitter } from './sentence-splitter.js';

function split(...tokens: string[]): string[] {
  const splitter = new SentenceSplitter();
  return [...tokens.flatMap((token) => splitter.push(token)), ...splitter.flush()];
}

/** Text with many marks that the splitter reads. */
const marks = '. ! ? … ... , ; : " ” ) « » [ ]( ) ` `` ``` * ** 。 ！ ？ 、 ， ： 」 ؟ ، ؛ ۔ । ॥'.split(' ');
const words =
  'Dr a.m e.g No no We x me etc Nr usw am der 1 3 12 Monday March Sep Dec EST St The U.S I dic < <br> <b> </p> <a b=c 👋'.split(
    ' ',
  );
const unspaced = '你好 今天天气 しました テスト สวัสดีครับ ฉันสามารถ नमस्ते مرحبا'.split(' ');
const blanks = [' ', ' ', '  ', '\n', '\n\n', ' – ', '\u00a0'];
const piece = fc.oneof(
  fc.constantFrom(...marks),
  fc.constantFrom(...words, ...unspaced),
  fc.constantFrom(...blanks),
  fc.string({ unit: 'grapheme', maxLength: 4 }),
);
/** Some of it without marks, which is cut for its length. */
const longStretch = fc
  .array(fc.constantFrom('appointment', 'we', '1', '250', 'ะะะะะะะะะะะะะะะะ', ...unspaced, ' ', ' ', ' '), {
    maxLength: 120,
  })
  .map((pieces) => pieces.join(''));
const text = fc
  .array(fc.oneof({ arbitrary: piece, weight: 20 }, { arbitrary: longStretch, weight: 1 }), { maxLength: 60 })
  .map((pieces) => pieces.join(''));

/** A text and its tokens, cut anywhere, also inside a surrogate pair. */
const tokens = text.chain((whole) =>
  fc.array(fc.nat(whole.length), { maxLength: 12 }).map((cuts) => {
    const edges = [0, ...cuts.sort((a, b) => a - b), whole.length];
    return edges.slice(1).map((end, index) => whole.slice(edges[index], end));
  }),
);

const halfPair = /\p{Surrogate}/u;

describe('the splitter', () => {
  it('changes nothing: the chunks concatenate to the text, except trailing white space', () => {
    fc.assert(
      fc.property(tokens, (pieces) => {
        const whole = pieces.join('');
        const spoken = split(...pieces).join('');
        expect(whole.startsWith(spoken)).toBe(true);
        expect(whole.slice(spoken.length).trim()).toBe('');
      }),
      { numRuns: 1000 },
    );
  });

  it('cuts the same text at the same places for any tokens', () => {
    fc.assert(
      fc.property(tokens, (pieces) => {
        const whole = pieces.join('');
        expect(split(...pieces)).toEqual(split(whole));
        expect(split(...whole.split(''))).toEqual(split(whole));
      }),
      { numRuns: 1000 },
    );
  });

  it('gives no chunk that is only white space', () => {
    fc.assert(
      fc.property(tokens, (pieces) => {
        for (const chunk of split(...pieces)) expect(chunk.trim()).not.toBe('');
      }),
    );
  });

  it('never cuts between the halves of a surrogate pair', () => {
    fc.assert(
      fc.property(tokens, (pieces) => {
        for (const chunk of split(...pieces))
          expect(halfPair.test(chunk)).toBe(halfPair.test(pieces.join('')));
      }),
    );
  });

  it.each([
    ['sentences', ['Hello.', ' How are you? ', 'Fine!']],
    ['a decimal number', ['It costs 3.30 dollars. ', 'Or 1,250.50? ', 'Is that fine?']],
    ['a title', ['Dr. Smith is in. ', 'So is Mrs. Jones.']],
    ['a time of day', ['We open at 8 a.m. on Monday. ', 'Is that fine?']],
    ['a time that ends a sentence', ['We open at 9.30 a.m. ', 'Is that fine?']],
    ['a time before a day', ['Good.', ' At 9 a.m. Monday we open.']],
    ['initials', ['The U.S. office of e.g. Mr. J. Doe is closed. ', 'Sorry.']],
    ['a number, and the answer no', ['Room No. 5 is free. ', 'No. ', 'It is not.']],
    ['an ellipsis', ['Let me see... ', 'Friday is free… ', 'Good.']],
    ['an ellipsis within a sentence', ['So you are here. ', 'Let me… just a moment... see.']],
    ['quotes and brackets', ['She said "Yes." ', '(Or so.) ', 'Then she left.']],
    ['a quoted question', ['"Really?" she asked. ', '**Yes.** ', 'He did.']],
    ['a word that merely begins small', ['It is approx. fifty euros etc. ', 'Is that fine?']],
    ['text without capitals', ['well hello. ', 'this is fine. ', 'ok?']],
    [
      'German',
      ['Am 3. März um 9.30 Uhr. ', 'Ab dem 3. Termin, z. B. bei Dr. Ott. ', '„Ja.“ ', 'Er sagt: »Nein.«'],
    ],
    ['French', ['« Bonjour. » ', 'M. Dupont arrive\u00a0! ', 'Ça va ? ', 'Oui.']],
    ['Spanish', ['¿Qué hora es? ', '¡Las tres! ', 'La Sra. Gil lo sabe, etc. ', 'Bien.']],
    ['Russian', ['Здравствуйте. ', 'А. С. Пушкин дома? ', 'Да.']],
    ['Korean, whose words may be one letter', ['네. ', '알겠습니다. ', '월요일?']],
    ['a list with newlines', ['You can:\n', '- book\n', '- cancel\n\n', 'What next?']],
    ['an indented list', ['Choose\n  ', 'Monday\n  ', 'Friday']],
    ['a numbered list', ['1. Monday\n', '2. Friday\n', '10. Never\n', 'Which?']],
    ['a numbered list in one line', ['Which? ', '1. Monday 2. Friday\n', '3.\nNever']],
    ['CJK full stops', ['你好。', '今天天气好！？', '「是。」', '再见。']],
    ['Japanese', ['はい。', '月曜日の九時ですね？', '「はい！」', 'どうぞ!', 'では。']],
    ['Arabic', ['هل هذا مناسب؟ ', 'نعم. ', 'حسنا۔ ', 'شكرا']],
    ['Devanagari', ['क्या यह ठीक है? ', 'हाँ। ', 'धन्यवाद॥ ', 'अलविदा']],
    ['Armenian', ['Բարեւ։ ', 'Ինչպես եք։']],
    ['a short month and a time zone', ['See you on Dec. 5th at 9 a.m. EST. ', 'Bring a coat.']],
    ['a time zone in brackets', ['At 9 a.m. (EST) or 5 p.m. (Pacific) on Oct. 31st. ', 'Bring a coat.']],
    ['brackets behind a time', ['We open at 9 a.m. ', '(Never on Sundays.) ', 'Bring a coat.']],
    ['other short dates', ['From Sept. 3rd 10 A.M. PST to Thurs. Nov. 2nd. ', 'From 9 a.m. UTC+1. ', 'Yes.']],
    ['marks of a chat template', ['We are open.<|im_end|> ', 'Come in.']],
    ['a time before a new sentence', ['We open at 9 a.m. ', 'Please come.']],
    [
      'a time in the afternoon',
      ['We close at 5 p.m. Pacific on Fri. Jan. 3. ', 'We open at 9 a.m. ', 'Come in.'],
    ],
    ['a month that ends a sentence', ['We close in Dec. ', 'The office opens in Jan. ', 'Is that fine?']],
    ['a day of the week', ['It is on Tues. 4 March or on Wed. Mar. 5. ', 'Call on Mon. ', 'We are here.']],
    ['a country that ends a sentence', ['We ship to the U.S. ', 'Please order.']],
    ['a country within one', ['The U.S. Army and the U.K. Parliament agree. ', 'Good.']],
    ['initials of a name', ['J. R. Smith and J.R.R. Tolkien met. ', 'So do I. ', 'We did.']],
    ['a street', ['It is on Main St. near St. Mary. ', 'We are on Oak St. ', 'The door is red.']],
    ['a senior', ['Martin Luther King Jr. Day is free. ', 'Ask John Smith Sr. ', 'He knows.']],
    ['Spanish titles', ['El Sr. López viene el 5 dic. 2025. ', 'Es el 3 de ene. ', 'Gracias.']],
    ['Spanish signs', ['Vive en EE. UU. ', '¿Y usted?']],
    ['French months', ['Le 5 janv. 2026 ou le 12 févr. 2026. ', 'Merci.']],
    ['Italian and Portuguese months', ['Il 4 gen. 2026. ', 'Em 5 de dez. de 2026. ', 'Obrigado.']],
    [
      'German dates and streets',
      ['Am 5. Dez. 2025 in der Hauptstr. 12. ', 'Am Mo. 8. Dez. ist zu. ', 'Wir sagen es.'],
    ],
    ['seas and suns, which are no dates', ['Out in the sun. ', '5 people sat. ', '3 others left.']],
    ['a tag that breaks the line', ['Hello there.<br>', 'How are you?<br/><br/>', 'Fine.']],
    ['paragraphs of HTML', ['<p>Hello there.</p> <p>', 'How are you?</p>\n', 'Fine.']],
    ['items of HTML', ['<ul><li>Monday</li><li>', 'Friday</li></ul>', 'Which?']],
    ['a tag within the text', ['It is <b>very good.</b> ', 'And <i title="a. B c">cheap</i>. ', 'Yes.']],
    ['signs that are no tags', ['If a < b. ', 'Or c > d, x <y and z <5. ', 'Yes.']],
  ])('knows %s', (_, chunks) => {
    expect(split(chunks.join(''))).toEqual(chunks);
    expect(split(...Array.from(chunks.join('')))).toEqual(chunks);
  });

  it.each([
    'See [our page. Help](https://example.com/a_(b),c "A title. Yes") please',
    'Run `npm install. Then, if you like, npm test` please',
    'Mail to name.last@example.com or go to https://example.com/a.b,c?d=e;f please',
  ])('leaves whole: %s', (whole) => {
    expect(split('Yes. ', whole, '. Done')).toEqual(['Yes. ', `${whole}. `, 'Done']);
  });

  it('treats an unclosed bracket or backtick as plain text', () => {
    expect(split('Good. An [open bracket. It is.\nA `tick. It is.\nDone')).toEqual([
      'Good.',
      ' An [open bracket. ',
      'It is.\n',
      'A `tick. ',
      'It is.\n',
      'Done',
    ]);
  });

  it('cuts a first clause of four words or more, once, so that speech starts early', () => {
    expect(split('I can offer you Monday, or Tuesday, if you like that.')).toEqual([
      'I can offer you Monday, ',
      'or Tuesday, if you like that.',
    ]);
    expect(split('Well, I can offer you Monday – or Tuesday.')).toEqual([
      'Well, I can offer you Monday – ',
      'or Tuesday.',
    ]);
    expect(split('We are open today. I can offer you Monday, or Tuesday.')).toEqual([
      'We are open today. ',
      'I can offer you Monday, or Tuesday.',
    ]);
  });

  it('cuts a longer first clause after a sentence of one or two words', () => {
    expect(split('Sure. I can offer you Monday, or Tuesday, if that suits you, or Friday.')).toEqual([
      'Sure.',
      ' I can offer you Monday, or Tuesday, if that suits you, ',
      'or Friday.',
    ]);
    expect(split('Sure. I can offer you Monday, or Tuesday.')).toEqual([
      'Sure.',
      ' I can offer you Monday, or Tuesday.',
    ]);
  });

  it('cuts a first clause again after a pause in the text, since the caller waits again', () => {
    const splitter = new SentenceSplitter();
    expect(splitter.push('Let me look at that for you. One moment')).toEqual([
      'Let me look at that for you. ',
    ]);
    expect(splitter.flush()).toEqual(['One moment']);
    expect(splitter.push('I can offer you Monday, or')).toEqual(['I can offer you Monday, ']);
  });

  it.each([
    ['a comma that only follows a marker', ['Well, yes, of course we are open today, ', 'sir']],
    ['a number or date', ['We can see you on Monday, March 3, 2025, ', 'at nine']],
    ['a number with a comma', ['It costs you only 1,250 dollars, ', 'all in']],
    ['Chinese, from six characters on', ['好的，我可以给您安排星期一，', '您看可以吗，是吧']],
    ['Japanese', ['はい、それでは月曜日に、', '予約します、ね']],
    ['Arabic', ['يمكنني حجز موعد لك، ', 'أو لا، حسنا']],
    ['Hindi', ['मैं सोमवार को समय दूँगा, ', 'या मंगलवार']],
  ])('finds the first clause despite %s', (_, chunks) => {
    expect(split(chunks.join(''))).toEqual(chunks);
  });

  describe('a sentence that does not end', () => {
    const endless = 'we have an opening on every day of the week '.repeat(20);

    it('is cut between words, the first time sooner', () => {
      const lengths = split(endless).map((chunk) => chunk.length);
      expect(lengths.slice(0, 3)).toEqual([88, 179, 176]);
      expect(split(endless).every((chunk) => /\s$/.test(chunk))).toBe(true);
    });

    it('is cut after a clause if it has one', () => {
      const [, first, second] = split(`We are open today! ${endless.slice(0, 130)}, and ${endless}`);
      expect(first).toBe(`${endless.slice(0, 130)}, `);
      expect(second?.startsWith('and we have')).toBe(true);
    });

    it('is cut between words in scripts without spaces', () => {
      const whole = 'ฉันสามารถจองนัดให้คุณได้ในวันจันทร์หรือวันอังคาร'.repeat(4);
      const starts = new Set(
        Array.from(new Intl.Segmenter('th', { granularity: 'word' }).segment(whole), ({ index }) => index),
      );
      const chunks = split(whole);
      let start = 0;
      for (const chunk of chunks) {
        expect(starts.has(start)).toBe(true);
        start += chunk.length;
      }
      expect(chunks.length).toBeGreaterThan(2);
      expect(chunks[0]?.length).toBeLessThanOrEqual(30);
    });

    it('is not cut within a number, an address, or one long word', () => {
      const address = `https://example.com/${'a-b.c/'.repeat(60)}`;
      expect(split(`See ${address} there`)).toEqual(['See ', `${address} `, 'there']);
      const number = '1 250 '.repeat(60);
      expect(split(`${number}euros`)).toEqual([number, 'euros']);
      expect(split('x'.repeat(1000))).toEqual(['x'.repeat(1000)]);
      expect(split('ะ'.repeat(1000))).toEqual(['ะ'.repeat(1000)]);
    });
  });

  it('waits for the following text before it decides on an end', () => {
    const splitter = new SentenceSplitter();
    expect(splitter.push('It costs 3.')).toEqual([]);
    expect(splitter.push('30. ')).toEqual([]);
    expect(splitter.push('Fine')).toEqual(['It costs 3.30. ']);
    expect(splitter.flush()).toEqual(['Fine']);
  });

  it('buffers only a few lines of any text, so that every token costs the same', () => {
    const pieces = [
      ' '.repeat(80),
      '; ',
      '. ',
      'x',
      '😀',
      '1.',
      '\n',
      '`',
      '[',
      '<',
      '<b ',
      '](',
      '"',
      '…',
      '- ',
      '0 ',
      '、',
    ];
    for (const piece of [...pieces, ...pieces.map((one) => `a ${one}`)]) {
      const splitter = new SentenceSplitter();
      let given = 0;
      for (let length = 0; length < 20_000; length += piece.length) {
        for (const chunk of splitter.push(piece)) given += chunk.length;
        if (length + piece.length - given > 2400) expect([piece, length, given]).toEqual([]);
      }
    }
  });

  it('cuts an endless word between characters', () => {
    const chunks = split(`x${'😀'.repeat(3000)}`);
    expect(chunks.length).toBe(4);
    for (const chunk of chunks) expect(halfPair.test(chunk)).toBe(false);
  });

  describe('while the caller waits for buffered text', () => {
    const standing = (...tokens: string[]): string[] => {
      const splitter = new SentenceSplitter();
      for (const token of tokens) splitter.push(token);
      return splitter.takeStanding();
    };

    it.each([
      ['We have an app', ['We have an ']],
      ['We', []],
      ['We ', ['We ']],
      ['It costs $', ['It costs ']],
      ['It costs 5 ', ['It costs ']],
      ['It costs 5 euros', ['It costs 5 ']],
      ['It is - 5', ['It is ']],
      ['Ask Dr. ', ['Ask ']],
      ['On Dec. ', ['On ']],
      ['At 9 a.m. ', ['At 9 ']],
      ['1. ', []],
      ['That is fine.', ['That is fine.']],
      ['Is it', ['Is ']],
      ['Is it fine?', ['Is it fine?']],
      ['Ask the approx.', ['Ask the ']],
      ['See [our page](http', ['See ']],
      ['Run `npm run', ['Run ']],
      ['It is <b class="x y', ['It is ']],
      ['我们星期一上午', ['我们星期一']],
      ['  \n', []],
      ['; ; ', []],
    ])('returns the whole words of %j: %j', (text, chunks) => {
      expect(standing(text)).toEqual(chunks);
    });

    it('continues after them, and cuts the next clause early', () => {
      const splitter = new SentenceSplitter();
      expect(splitter.push('I can tell you now. We have an opening on the fi')).toEqual([
        'I can tell you now. ',
      ]);
      expect(splitter.takeStanding()).toEqual(['We have an opening on the ']);
      expect(splitter.takeStanding()).toEqual([]);
      expect(splitter.push('rst of the month, or later, if you')).toEqual(['first of the month, ']);
      expect(splitter.flush()).toEqual(['or later, if you']);
    });

    it('loses no text at any position', () => {
      fc.assert(
        fc.property(tokens, fc.array(fc.boolean()), (pieces, asked) => {
          const splitter = new SentenceSplitter();
          const chunks = pieces.flatMap((piece, index) => [
            ...splitter.push(piece),
            ...(asked[index] ? splitter.takeStanding() : []),
          ]);
          const whole = pieces.join('');
          const spoken = [...chunks, ...splitter.flush()].join('');
          expect(whole.startsWith(spoken)).toBe(true);
          expect(whole.slice(spoken.length).trim()).toBe('');
          for (const chunk of chunks) expect(chunk.trim()).not.toBe('');
        }),
        { numRuns: 1000 },
      );
    });
  });

  it('accepts more text after a flush', () => {
    const splitter = new SentenceSplitter();
    expect(splitter.push('Let me check.')).toEqual([]);
    expect(splitter.flush()).toEqual(['Let me check.']);
    expect(splitter.flush()).toEqual([]);
    expect(splitter.push('Yes. It')).toEqual(['Yes. ']);
  });
});
