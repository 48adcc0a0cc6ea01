import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { maxOfferBytes, readOffer, type Offer, type OfferProblemCode } from './offer.js';
import { anyCharacter } from '../../../test/harness/any-character.js';

const session = [
  'v=0',
  'o=- 4611731400430051336 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0 1',
  'a=extmap-allow-mixed',
  'a=msid-semantic: WMS',
];
const security = [
  'a=ice-ufrag:K1pZ',
  'a=ice-pwd:h5vFqRk0yU5Hn2L5mZ8mQw9c',
  'a=ice-options:trickle',
  `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => 'AB').join(':')}`,
  'a=setup:actpass',
];
const audio = [
  'm=audio 40135 UDP/TLS/RTP/SAVPF 63 111 0 126',
  'c=IN IP4 192.0.2.2',
  'a=rtcp:9 IN IP4 0.0.0.0',
  'a=candidate:3494145 1 udp 2122260223 192.0.2.2 40135 typ host generation 0 network-id 1',
  'a=candidate:2 1 udp 2122187007 d2b0dd4a-0000-4000-8000-aa5e2ba4ec30.local 40136 typ host generation 0',
  'a=candidate:3 1 tcp 1518280447 192.0.2.2 9 typ host tcptype active generation 0',
  'a=candidate:4 1 udp 2122197247 fd00::2 40137 typ host generation 0',
  'a=end-of-candidates',
  ...security,
  'a=mid:0',
  'a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid',
  'a=sendrecv',
  'a=rtcp-mux',
  'a=rtpmap:63 red/48000/2',
  'a=fmtp:63 111/111',
  'a=rtpmap:111 opus/48000/2',
  'a=rtcp-fb:111 transport-cc',
  'a=fmtp:111 minptime=10;useinbandfec=1',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:126 telephone-event/8000',
];
const channel = [
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 0.0.0.0',
  ...security,
  'a=mid:1',
  'a=sctp-port:5000',
  'a=max-message-size:262144',
];
const video = [
  'm=video 9 UDP/TLS/RTP/SAVPF 96',
  ...security,
  'a=mid:2',
  'a=sendrecv',
  'a=rtpmap:96 VP8/90000',
];

function sdpOf(...sections: readonly (readonly string[])[]): string {
  return sections
    .flat()
    .map((line) => `${line}\r\n`)
    .join('');
}

function read(sdp: string): Offer {
  const reading = readOffer(sdp);
  if (!reading.ok) throw new Error(reading.problem.message);
  return reading.offer;
}

function problemOf(sdp: string): OfferProblemCode | null {
  const reading = readOffer(sdp);
  return reading.ok ? null : reading.problem.code;
}

/** The audio section with one line changed or removed. */
function audioWith(line: string, instead?: string): string[] {
  expect(audio).toContain(line);
  return audio.flatMap((own) => (own !== line ? [own] : instead === undefined ? [] : [instead]));
}

describe('reading an offer', () => {
  it('reads a browser’s offer', () => {
    expect(read(sdpOf(session, audio, channel))).toMatchObject({
      mid: '0',
      direction: 'sendrecv',
      opusPayloadType: 111,
      hasVideo: false,
      hasChannel: true,
    });
  });

  it('returns the UDP candidates with an address, and removes all candidates from the description', () => {
    const { candidates, sdp } = read(sdpOf(session, audio, channel));
    expect(candidates).toEqual([
      'candidate:3494145 1 udp 2122260223 192.0.2.2 40135 typ host generation 0 network-id 1',
      'candidate:4 1 udp 2122197247 fd00::2 40137 typ host generation 0',
    ]);
    const kept = [...session, ...audio, ...channel].filter((line) => !line.includes('candidate'));
    expect(sdp).toBe(sdpOf(kept));
  });

  it('returns each candidate once, and none for RTCP or of a section whose transport is unused', () => {
    const candidate = (component: number, port: number) =>
      `a=candidate:1 ${component} udp 1 192.0.2.9 ${port} typ host`;
    const { candidates } = read(
      sdpOf(
        session,
        [...audio, candidate(1, 4001), candidate(1, 4001), candidate(2, 4002)],
        [...channel, candidate(1, 4003)],
      ),
    );
    expect(candidates.map((line) => line.split(' ')[5])).toEqual(['40135', '40137', '4001']);
  });

  it('returns the two usable ones of Firefox’ sixteen candidates', () => {
    const firefox = [
      'a=candidate:0 1 UDP 2122187007 192.0.2.2 46429 typ host',
      'a=candidate:1 1 UDP 2122252543 fd00::2 43413 typ host',
      'a=candidate:2 1 TCP 2105458943 192.0.2.2 9 typ host tcptype active',
      'a=candidate:0 2 UDP 2122187006 192.0.2.2 33603 typ host',
      'a=candidate:3 2 TCP 2105524478 fd00::2 9 typ host tcptype active',
    ];
    const bare = audio.filter((line) => !line.includes('candidate'));
    const ports = read(sdpOf(session, [...bare, ...firefox], [...channel, ...firefox])).candidates;
    expect(ports).toEqual([firefox[0]?.slice(2), firefox[1]?.slice(2)]);
  });

  it('returns the candidates of the section that carries the bundle', () => {
    const bundled = session.map((line) => (line === 'a=group:BUNDLE 0 1' ? 'a=group:BUNDLE 2 0' : line));
    const carrier = [...video, 'a=candidate:1 1 udp 1 192.0.2.9 4001 typ host'];
    expect(read(sdpOf(bundled, carrier, audio)).candidates[0]).toContain(' 4001 ');
  });

  it.each(['sendrecv', 'sendonly', 'recvonly'] as const)('reads the direction %s', (direction) => {
    expect(read(sdpOf(session, audioWith('a=sendrecv', `a=${direction}`))).direction).toBe(direction);
  });

  it('uses the direction of the session if the audio has none, and sendrecv if neither has one', () => {
    const undirected = audioWith('a=sendrecv');
    expect(read(sdpOf([...session, 'a=recvonly'], undirected)).direction).toBe('recvonly');
    expect(read(sdpOf(session, undirected)).direction).toBe('sendrecv');
  });

  it('disables video, further audio and a second data channel, at any place', () => {
    const second = (section: readonly string[], mid: string) =>
      section.map((line) => (line.startsWith('a=mid:') ? `a=mid:${mid}` : line));
    const { sdp, hasVideo, mid } = read(
      sdpOf(session, video, audio, second(audio, '7'), channel, second(channel, '8')),
    );
    expect({ hasVideo, mid }).toEqual({ hasVideo: true, mid: '0' });
    expect(sdp.match(/^m=\w+ \d+/gm)).toEqual([
      'm=video 0',
      'm=audio 40135',
      'm=audio 0',
      'm=application 9',
      'm=application 0',
    ]);
  });

  it('makes video inactive instead if the audio depends on its transport', () => {
    const bundled = session.map((line) => (line === 'a=group:BUNDLE 0 1' ? 'a=group:BUNDLE 2 0' : line));
    const bare = ['m=audio 0 UDP/TLS/RTP/SAVPF 111', 'a=bundle-only', ...audio.slice(1)];
    const { mid, sdp } = read(sdpOf(bundled, video, bare));
    expect(mid).toBe('0');
    expect(sdp).toContain(sdpOf([...video.filter((line) => line !== 'a=sendrecv'), 'a=inactive']));
    expect(sdp).toContain('m=audio 0');
  });

  it('skips an audio section without Opus if another has it', () => {
    const old = ['m=audio 9 RTP/AVP 0', 'a=mid:old', 'a=rtpmap:0 PCMU/8000'];
    const { mid, sdp } = read(sdpOf(session, old, audio));
    expect(mid).toBe('0');
    expect(sdp).toContain('m=audio 0 RTP/AVP 0');
  });

  it('accepts credentials and a fingerprint at session level', () => {
    const bare = audio.filter((line) => !security.includes(line));
    expect(problemOf(sdpOf(session, bare))).toBe('no_security');
    expect(problemOf(sdpOf([...session, ...security], bare))).toBeNull();
  });

  it('accepts lines that end with only a line feed', () => {
    expect(read(sdpOf(session, audio).replaceAll('\r', ''))).toEqual(read(sdpOf(session, audio)));
  });

  it.each<[string, OfferProblemCode, string]>([
    ['nothing', 'not_sdp', ''],
    ['JSON', 'not_sdp', '{"type":"offer"}'],
    ['prose that mentions v=0', 'not_sdp', 'hello v=0'],
    ['a session without media', 'no_audio', sdpOf(session)],
    ['a data channel alone', 'no_audio', sdpOf(session, channel)],
    ['video alone', 'no_audio', sdpOf(session, video)],
    [
      'a disabled audio section',
      'no_audio',
      sdpOf(session, audioWith(audio[0]!, 'm=audio 0 UDP/TLS/RTP/SAVPF 111')),
    ],
    ['audio without Opus', 'no_opus', sdpOf(session, audioWith('a=rtpmap:111 opus/48000/2'))],
    [
      'Opus that the media line does not list',
      'no_opus',
      sdpOf(session, audioWith('a=rtpmap:111 opus/48000/2', 'a=rtpmap:99 opus/48000/2')),
    ],
    ['inactive audio', 'inactive_audio', sdpOf(session, audioWith('a=sendrecv', 'a=inactive'))],
    ['audio without a mid', 'no_mid', sdpOf(session, audioWith('a=mid:0'))],
    ['a mid that is no token', 'no_mid', sdpOf(session, audioWith('a=mid:0', 'a=mid:a b'))],
    ['no ICE password', 'no_security', sdpOf(session, audioWith(security[1]!))],
    ['no fingerprint', 'no_security', sdpOf(session, audioWith(security[3]!))],
    [
      'too many sections',
      'too_many_sections',
      sdpOf(session, audio, ...Array.from({ length: 16 }, () => video)),
    ],
    ['too long an offer', 'too_long', sdpOf(session, audio) + `a=x:${'é'.repeat(maxOfferBytes / 2)}`],
  ])('rejects %s as %s', (_what, code, sdp) => {
    expect(problemOf(sdp)).toBe(code);
  });

  it('gives a remedy in its messages, and quotes nothing from the offer', () => {
    const reading = readOffer('sesame');
    expect(reading).toEqual({
      ok: false,
      problem: { code: 'not_sdp', message: expect.stringContaining('RTCPeerConnection') },
    });
    expect(JSON.stringify(reading)).not.toContain('sesame');
  });

  it('never throws, for any text', () => {
    const anyLine = fc.oneof(
      fc.constantFrom(...session, ...audio, ...channel, ...video),
      fc.string(),
      fc.string({ unit: anyCharacter }).map((text) => `a=${text}`),
    );
    const anyText = fc.oneof(
      fc.string({ unit: anyCharacter }),
      fc.array(anyLine, { maxLength: 60 }).map((lines) => ['v=0', ...lines].join('\r\n')),
    );
    fc.assert(fc.property(anyText, (sdp) => void readOffer(sdp)));
  });

  it('returns a description without candidates that reads the same again, for any order of lines', () => {
    const shuffled = fc
      .shuffledSubarray([audio, channel, video], { minLength: 1 })
      .map((sections) => sdpOf(session, ...sections));
    fc.assert(
      fc.property(shuffled, (sdp) => {
        const reading = readOffer(sdp);
        if (!reading.ok) return;
        const again = read(reading.offer.sdp);
        expect(again).toEqual({ ...reading.offer, hasVideo: false, candidates: [] });
        expect(again.sdp).not.toContain('candidate');
      }),
    );
  });
});
