/** Converts text to ASCII for Flite, which drops words with any other character. */

/** Letters that Unicode does not decompose. */
const letters: Readonly<Record<string, string>> = {
  ...{ ß: 'ss', ẞ: 'SS', æ: 'ae', Æ: 'Ae', œ: 'oe', Œ: 'Oe', ø: 'o', Ø: 'O', ł: 'l', Ł: 'L' },
  ...{ đ: 'd', Đ: 'D', ð: 'd', Ð: 'D', þ: 'th', Þ: 'Th', ı: 'i', ħ: 'h', Ħ: 'H', ŋ: 'ng', Ŋ: 'Ng' },
};
/** Signs in English words, since Flite speaks only English. */
const signs: Readonly<Record<string, string>> = {
  ...{
    '€': ' euros ',
    '£': ' pounds ',
    '¥': ' yen ',
    '₹': ' rupees ',
    '¢': ' cents ',
    '°': ' degrees ',
    '§': ' section ',
  },
  ...{
    '×': ' times ',
    '÷': ' divided by ',
    '±': ' plus or minus ',
    '−': ' minus ',
    '≈': ' about ',
    '→': ' to ',
  },
  ...{
    '≥': ' at least ',
    '≤': ' at most ',
    '≠': ' is not ',
    '½': ' and a half ',
    '¼': ' and a quarter ',
    '¾': ' and three quarters ',
  },
};

/** The text in ASCII; characters without an ASCII spelling become spaces. */
export function asciiText(text: string): string {
  return text
    .replace(/([€£¥₹])\s?(\d{1,12}(?:[.,]\d{1,6}){0,4})/g, '$2$1')
    .replace(/(?<!\d)[½¼¾]/g, (fraction) =>
      fraction === '½' ? ' one half ' : fraction === '¼' ? ' one quarter ' : ' three quarters ',
    )
    .replace(/[\u2018\u2019\u201b\u2032]/g, "'")
    .replace(/[\u201c\u201d\u201e\u2033]/g, '"')
    .replace(/\s{0,9}[\u2013\u2014]+\s{0,9}/g, ', ')
    .replace(/\u2026/g, '...')
    .replace(/\P{ASCII}/gu, (character) => letters[character] ?? signs[character] ?? character)
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[^\x21-\x7e]+/g, ' ');
}

/** The words without any letter or digit that can be spelled in ASCII, which Flite cannot speak. */
export function unsayableWords(text: string): string[] {
  const words = text.match(/\S+/g) ?? [];
  return words.filter((word) => /[\p{L}\p{N}]/u.test(word) && !/[A-Za-z\d]/.test(asciiText(word)));
}
