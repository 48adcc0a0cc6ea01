import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readFragment } from './sdp-fragment.js';
import { anyCharacter } from '../../../test/harness/any-character.js';

/** The example of RFC 9725, section 4.3.2. */
const example = [
  'a=group:BUNDLE 0 1',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111',
  'a=mid:0',
  'a=ice-ufrag:EsAw',
  'a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1',
  'a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw network-id 1',
  'a=candidate:3471623853 1 udp 2122194687 198.51.100.2 61765 typ host generation 0 ufrag EsAw network-id 2',
  'a=candidate:473322822 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active generation 0 ufrag EsAw',
  'a=end-of-candidates',
  '',
].join('\r\n');

describe('an SDP fragment', () => {
  it('gives its candidates without those over TCP', () => {
    expect(readFragment(example, 'EsAw')).toEqual({
      kind: 'candidates',
      candidates: [
        'candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw network-id 1',
        'candidate:3471623853 1 udp 2122194687 198.51.100.2 61765 typ host generation 0 ufrag EsAw network-id 2',
      ],
    });
  });

  it('may contain only the end of candidates', () => {
    const end = 'a=ice-ufrag:EsAw\r\na=ice-pwd:x\r\na=end-of-candidates\r\n';
    expect(readFragment(end, 'EsAw')).toEqual({ kind: 'candidates', candidates: [] });
  });

  it('with another user fragment requests a restart', () => {
    expect(readFragment(example, 'ysXw')).toEqual({ kind: 'restart' });
  });

  it.each(['', 'hello', '{"candidate":"…"}', 'a=mid:0\r\n', 'a=candidate:1\r\nrubbish\r\n', '\u0000'])(
    'is malformed: %j',
    (text) => {
      expect(readFragment(text, 'EsAw')).toEqual({ kind: 'malformed' });
    },
  );

  it('never throws, for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter }), (text) => void readFragment(`a=candidate:${text}`, 'x')),
    );
  });
});
