import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SpeakableText } from './speakable-text.js';

const spoken = (written: string, language?: string): string => new SpeakableText(written, language).spoken;
/** The spoken form of text that continues a line. */
const goesOn = (written: string, language?: string): string =>
  new SpeakableText(written, language, false).spoken;

describe('what is said', () => {
  it.each([
    ['## **Opening hours**\n', 'Opening hours'],
    ['- *Monday*: 9–5\n', 'Monday: 9 to 5'],
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

  it.each([
    '---',
    '* * *\n',
    '|---|:--:|',
    '```js\n',
    '🎉',
    '→ ✓ •',
    ' \n',
    '**',
    '[](https://example.com)',
    '\u3164',
    '&zwj;&nbsp;',
    '<|im_end|>',
  ])('is empty for text without words: %j', (written) => {
    expect(spoken(written)).toBe('');
  });

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
    '€12.50, $5 on 3.4.2025 at 9:30 a.m., no. #5, 030 123456, 555-1234, 2025-03-04, 5-7',
    'AT&T, Q&A, Yes.It is, awww.so, snake_case, C++, A+, #1 -x- a=, well-known - 5 rooms, a.b.c, Node.js, and/or, 24/7, 1,250',
    'Wait… “really”? – © 2025 Acme™ 20 °C ½',
    '今天天气好！«Да»، ؟ नमस्ते।',
  ])('is otherwise unchanged: %s', (written) => {
    expect(spoken(written)).toBe(written);
  });

  it.each([
    ['Children under 12 pay less, > 65 too.', 'Children under 12 pay less, over 65 too.'],
    ['> 65 too', 'over 65 too'],
    ['>65 or <12', 'over 65 or under 12'],
    ['> $50 is free', 'over $50 is free'],
    ['>= 3 people\n- >= 5', 'at least 3 people at least 5'],
    ['Take it if\n> .5 mg\n> -5 degrees', 'Take it if over .5 mg over minus 5 degrees'],
    ['**> 65** pay less, - >65 too', 'over 65 pay less, - over 65 too'],
    ['> a quotation', 'a quotation'],
    ['a < b and c > d', 'a less than b and c greater than d'],
    ['x<y', 'x less than y'],
    ['5 > 3', '5 greater than 3'],
    ['ages ≥ 18, <= 65 and >= 5', 'ages at least 18, at most 65 and at least 5'],
    ['Settings > Privacy > Location', 'Settings, Privacy, Location'],
    ['2 + 3 = 5, 2+3=5', '2 plus 3 equals 5, 2 plus 3 equals 5'],
    ['18+, +5 and +49 30 1', '18 plus, plus 5 and plus 49 30 1'],
    ['10% off, 5 %.', '10 percent off, 5 percent.'],
    ['5 * 3, 2*3, 4 × 5, 4×5, 8 ÷ 2', '5 times 3, 2 times 3, 4 times 5, 4 times 5, 8 divided by 2'],
    ['20 ± 2, ±3', '20 plus or minus 2, plus or minus 3'],
    ['~5 minutes, ~ 10, ≈3', 'about 5 minutes, about 10, about 3'],
    ['Monday → Friday, A->B', 'Monday to Friday, A to B'],
    ['→ **Now** ← go', 'Now go'],
    ['It will be - 5 degrees', 'It will be minus 5 degrees'],
    ['It is -5, (−5) or -$5.', 'It is minus 5, (minus 5) or minus $5.'],
    ['-5 today', 'minus 5 today'],
    ['- -5 today', 'minus 5 today'],
    ['- 5° today', 'minus 5° today'],
    ['It is\n- 5 degrees', 'It is minus 5 degrees'],
    ['- 5 Grad\n- 3 Celsius', 'minus 5 Grad minus 3 Celsius'],
    ['tonight, – 5 degrees', 'tonight, minus 5 degrees'],
    ['from - 5 to - 3, a low of - 12.5', 'from minus 5 to minus 3, a low of minus 12.5'],
    ['- 5 rooms', '5 rooms'],
    ['We have rooms, – 5 today', 'We have rooms, – 5 today'],
    ['5 - 7, 5–7 or 9:30 – 10:15', '5 to 7, 5 to 7 or 9:30 to 10:15'],
    ['9 a.m. – 5 p.m., $5–$7, 5%–7%', '9 a.m. to 5 p.m., $5 to $7, 5 percent to 7 percent'],
    ['7 - 5 = 2, 7 − 5', '7 minus 5 equals 2, 7 minus 5'],
    ['Mon–Fri, Monday – Friday', 'Mon to Fri, Monday to Friday'],
    ['555 - 1234, 555–123–4567', '555 - 1234, 555–123–4567'],
    ['Good – or not, this - that', 'Good – or not, this - that'],
  ])('says signs: %j is %j', (written, said) => {
    expect(spoken(written)).toBe(said);
  });

  it.each([
    ['- 5 degrees', 'minus 5 degrees'],
    ['> 65 too', 'over 65 too'],
    ['> b', '> b'],
    ['- or not', '- or not'],
    ['# 5', '# 5'],
    ['go on\n- one\n> two', 'go on one two'],
  ])('has no line markers in text that continues a line: %j is %j', (written, said) => {
    expect(goesOn(written)).toBe(said);
  });

  it.each([
    ['Hello.<br>How are you?<br/>Fine.', 'Hello. How are you? Fine.'],
    ['<p>Hello <b>wor</b>ld.</p>\n<ul><li>one</li><li>two</li></ul>', 'Hello world. one two'],
    ['Wait <break time="1s"/>now', 'Wait now'],
    ['<speak><prosody rate="slow">Hi</prosody></speak> <!-- no -->there', 'Hi there'],
    ['See <https://example.com> or <a href="https://a.b">here</a>', 'See example dot com or here'],
    ['Fish &amp; chips at AT&amp;T', 'Fish and chips at AT&T'],
    ['It&#39;s&nbsp;5&#x20;&quot;or&quot; so&hellip; caf&eacute;', 'It\'s 5 "or" so… café'],
    ['a &lt; b, &gt; 65 &le; 5', 'a less than b, over 65 at most 5'],
    ['&nosuch; R&D; &#0;&#xD800;x', '&nosuch; R&D; x'],
    ['ap\u00adpoint\u200bment\ufeff \u200efor\u200f \u2060y\u2066o\u2069u', 'appointment for you'],
    ['a\u200db, می\u200cخواهم, क्\u200dष, 👩\u200d👧', 'ab, می\u200cخواهم, क्\u200dष,'],
    ['&lt;br&gt;Hi&amp;nbsp;there, AT&amp;amp;T', 'Hi there, AT&T'],
    ['Fish &AMP; chips&ZeroWidthSpace;&hairsp;now', 'Fish and chips now'],
    ['&amp;nosuch; &amp;', '&nosuch; and'],
    ['<wbr>Hello<hr/>there<BR CLASS="x">you', 'Hello there you'],
    ['Hi there.<|im_end|> <|eot_id|><｜end▁of▁sentence｜></s>', 'Hi there.'],
    ['\u3164Hi\u2800 the\ufffdre\uffa0', 'Hi there'],
    ['bell\u0007 and \u001b[31mred', 'bell and [31mred'],
  ])('has no tags, entities or invisible characters: %j is %j', (written, said) => {
    expect(spoken(written)).toBe(said);
  });

  it.each([
    [
      'de',
      'Kinder > 12, ca. 5–7, 10 % & - 5 Grad',
      'Kinder über 12, ca. 5 bis 7, 10 Prozent und minus 5 Grad',
    ],
    ['fr', '> 65 ans, 3 × 4 = 12', 'plus de 65 ans, 3 fois 4 égale 12'],
    ['es-MX', '≥ 18, ~5', 'al menos 18, aproximadamente 5'],
    ['fi', '> 65, 10 % ja -5', '> 65, 10 % ja -5'],
  ])('says signs in the words of %s', (language, written, said) => {
    expect(spoken(written, language)).toBe(said);
  });

  it('names symbols in the language of the text', () => {
    expect(spoken('a@b.de & https://b.de/c', 'de-AT')).toBe('a at b Punkt de und b Punkt de Schrägstrich c');
    expect(spoken('a@b.es', 'es')).toBe('a arroba b punto es');
  });

  it('leaves symbols to the voice in unknown languages and other scripts', () => {
    expect(spoken('a@b.fi & https://www.b.fi/c?d=1', 'fi')).toBe('a@b.fi & b.fi/c');
    expect(spoken('请访问 https://example.com/help?x=1 或 a@b.com。')).toBe(
      '请访问 example.com/help 或 a@b.com。',
    );
    expect(spoken('Пишите на a@b.com & ждите')).toBe('Пишите на a@b.com & ждите');
  });
});

describe('the written text that was said', () => {
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
    ['Is it > 65 now', 'Is it over', 'Is it >'],
    ['Is it > 65 now', 'Is it over 65', 'Is it > 65'],
    ['It is -5 now', 'It is minus', 'It is '],
    ['It is -5 now', 'It is minus 5', 'It is -5'],
    ['Open 5–7 now', 'Open 5 to', 'Open '],
    ['Open 5–7 now', 'Open 5 to 7', 'Open 5–7'],
    ['Get 10% off', 'Get 10 percent', 'Get 10%'],
    ['A → B now', 'A to', 'A →'],
    ['Tap Open > Files now', 'Tap Open,', 'Tap Open '],
    ['Tap Open > Files now', 'Tap Open, Files', 'Tap Open > Files'],
    ['Hello.<br>How <b>are</b> you', 'Hello.', 'Hello.'],
    ['Hello.<br>How <b>are</b> you', 'Hello. How', 'Hello.<br>How'],
    ['Hello.<br>How <b>are</b> you', 'Hello. How are', 'Hello.<br>How <b>are</b>'],
    ['Fish &amp; chips', 'Fish and', 'Fish &amp;'],
    ['Fish&nbsp;&#39;n chips', "Fish 'n", 'Fish&nbsp;&#39;n'],
    ['See &lt;b&gt;our&lt;/b&gt; page', 'See our', 'See &lt;b&gt;our&lt;/b&gt;'],
    ['an ap\u00adpoint\u00adment now', 'an appointment', 'an ap\u00adpoint\u00adment'],
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
    fc.constantFrom(
      '-5',
      '- 5',
      '5–7',
      '> 65',
      '10%',
      '→',
      '=',
      '±',
      '&amp;',
      '&nbsp;',
      '&lt;',
      '<br>',
      '</b>',
      '\u00ad',
      '\u200b',
    ),
    fc.constantFrom('https://example.com/a?b=1', 'name@example.com', 'example.com', '[a b](https://c.d)'),
    fc.string({ unit: 'grapheme', maxLength: 3 }),
  );
  const texts = fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join(''));

  it('is a prefix, grows with the spoken text, and is complete at the end', () => {
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

  it('includes every said word that is spoken as written', () => {
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

  it('has no surrounding white space, and is empty without a letter or digit', () => {
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
