import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SpeakableText } from './speakable-text.js';

const spoken = (written: string, language?: string): string => new SpeakableText(written, language).spoken;

describe('what is said', () => {
  it.each([
    ['## **Opening hours**\n', 'Opening hours'],
    ['- *Monday*: 9–5\n', 'Monday: 9–5'],
    ['* - [x] __done__', 'done'],
    ['> a ~~bad~~ good quote', 'a bad good quote'],
    ['"**Yes**," he said.', '"Yes," he said.'],
    ['Use `npm run x` **now', 'Use npm run x now'],
    ['See [our **help** page](https://example.com/a_(b)?q=1 "Help").', 'See our help page.'],
    ['![A red door](door.png) is ours', 'A red door is ours'],
    ['\\*not bold\\*', '*not bold*'],
    ['| Day | Time |', 'Day, Time'],
  ])('has no markdown: %j is %j', (written, said) => {
    expect(spoken(written)).toBe(said);
  });

  it.each(['---', '* * *\n', '|---|:--:|', '```js\n', '🎉', '→ ✓ •', ' \n', '**', '[](https://example.com)'])(
    'is nothing where nothing stands: %j',
    (written) => {
      expect(spoken(written)).toBe('');
    },
  );

  it.each([
    ['https://www.example.com/help/faq.html?utm=1#x', 'example dot com slash help slash faq dot html'],
    ['http://localhost:8080/.', 'localhost colon 8080.'],
    ['See <https://example.com>, please', 'See example dot com, please'],
    ['(see example.com/help)', '(see example dot com slash help)'],
    ['https://example.com/p/8f3a9c1d2e4b5f6a7/x', 'example dot com'],
    ['https://user:secret@example.com/a', 'example dot com slash a'],
    [
      'Ask anna.b_c+x@mail.example.co.uk!',
      'Ask anna dot b underscore c plus x at mail dot example dot co dot uk!',
    ],
    ['mailto:me@my-shop.de', 'me at my dash shop dot de'],
  ])('spells addresses: %j is %j', (written, said) => {
    expect(spoken(written)).toBe(said);
  });

  it.each([
    ['Hi 👋 there! 👍🏽 🇩🇪 👩‍👩‍👧 ok ✓.', 'Hi there! ok.'],
    ['Fish & chips', 'Fish and chips'],
    ['press 1️⃣', 'press 1'],
    ['one\n\n two', 'one two'],
  ])('leaves out ornaments: %j is %j', (written, said) => {
    expect(spoken(written)).toBe(said);
  });

  it.each([
    '1. Friday, 2) Monday',
    '€12.50, 10% of $5 on 3.4.2025 at 9:30 a.m., no. #5, +49 30 123456',
    'AT&T, Q&A, Yes.It is, awww.so, 5 * 3 = 15, 2*3, snake_case, a.b.c, Node.js, and/or, 24/7, 1,250',
    'Wait… “really”? – <break time="1s"/> © 2025 Acme™ 20 °C ½',
    '今天天气好！«Да»، ؟ नमस्ते।',
  ])('is else as it is written: %s', (written) => {
    expect(spoken(written)).toBe(written);
  });

  it('names symbols in the language of the text', () => {
    expect(spoken('a@b.de & https://b.de/c', 'de-AT')).toBe('a at b Punkt de und b Punkt de Schrägstrich c');
    expect(spoken('a@b.es', 'es')).toBe('a arroba b punto es');
  });

  it('leaves symbols to the voice where it does not know their names, or the script is another', () => {
    expect(spoken('a@b.fi & https://www.b.fi/c?d=1', 'fi')).toBe('a@b.fi & b.fi/c');
    expect(spoken('请访问 https://example.com/help?x=1 或 a@b.com。')).toBe(
      '请访问 example.com/help 或 a@b.com。',
    );
    expect(spoken('Пишите на a@b.com & ждите')).toBe('Пишите на a@b.com & ждите');
  });
});

describe('what has been said of the written text', () => {
  const upTo = (written: string, said: string): string => {
    const text = new SpeakableText(written);
    expect(text.spoken.startsWith(said)).toBe(true);
    return text.writtenUpTo(said.length);
  };

  it.each([
    ['- **We are** open. ', '', ''],
    ['- **We are** open. ', 'We', '- **We'],
    ['- **We are** open. ', 'We are', '- **We are**'],
    ['- **We are** open. ', 'We are open.', '- **We are** open. '],
    ['See [our page](https://example.com) now', 'See our', 'See [our'],
    ['See [our page](https://example.com) now', 'See our page', 'See [our page](https://example.com)'],
    ['Go to example.com/help, please', 'Go to example dot', 'Go to '],
    ['Go to example.com/help, please', 'Go to example dot com slash help,', 'Go to example.com/help,'],
    ['Fish & chips', 'Fish and', 'Fish &'],
    ['Hi 👋 there', 'Hi', 'Hi 👋'],
    ['今天天气好', '今天', '今天'],
  ])('of %j, when %j was said, is %j', (written, said, heard) => {
    expect(upTo(written, said)).toBe(heard);
  });

  const piece = fc.oneof(
    fc.constantFrom(
      'We',
      'are',
      'open',
      '今天天气',
      'ครับ',
      '1.',
      '12',
      '👋',
      '&',
      '\n',
      '\n\n',
      ' ',
      '  ',
      '. ',
      ', ',
    ),
    fc.constantFrom('**', '*', '_', '`', '# ', '- ', '> ', '|', '[', '](', ')', '\\', '---', '<', '>'),
    fc.constantFrom('https://example.com/a?b=1', 'name@example.com', 'example.com', '[a b](https://c.d)'),
    fc.string({ unit: 'grapheme', maxLength: 3 }),
  );
  const texts = fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join(''));

  it('is its beginning, grows with what is said, and is all of it in the end', () => {
    fc.assert(
      fc.property(texts, (written) => {
        const text = new SpeakableText(written);
        let before = '';
        for (let length = 0; length <= text.spoken.length; length++) {
          const heard = text.writtenUpTo(length);
          if (!written.startsWith(heard) || !heard.startsWith(before)) expect([before, heard]).toBe(written);
          before = heard;
        }
        if (text.spoken !== '') expect(before).toBe(written);
      }),
      { numRuns: 2000 },
    );
  });

  it('never lacks a word that was said as it is written', () => {
    const plain = fc.array(fc.constantFrom('We', 'are', 'open', 'on', 'Monday,', 'at', '9:30.'), {
      minLength: 1,
    });
    fc.assert(
      fc.property(plain, fc.nat(20), (words, count) => {
        const said = words.slice(0, count).join(' ');
        expect(new SpeakableText(words.join(' ')).writtenUpTo(said.length)).toBe(said);
      }),
    );
  });

  it('has no white space round it for the voice, and nothing at all without a letter or digit', () => {
    fc.assert(
      fc.property(texts, (written) => {
        const said = spoken(written);
        expect(said).toBe(said.trim());
        if (said !== '') expect(said).toMatch(/[\p{L}\p{N}]/u);
      }),
      { numRuns: 1000 },
    );
  });
});
