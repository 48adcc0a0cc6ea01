import { isIP } from 'node:net';

/** Maximum length of an offer in bytes; a browser's has 2 to 6 KiB. */
export const maxOfferBytes = 65_536;

/** Maximum number of media sections in an offer; the relay uses two. */
const maxSections = 16;

/** Direction of the audio from the offerer's side (RFC 8866, section 6.7). */
export type OfferedDirection = 'sendrecv' | 'sendonly' | 'recvonly';

/** The parts of an offer that the relay needs for its answer. */
export interface Offer {
  /** Identification tag of the audio section (RFC 5888). */
  readonly mid: string;
  readonly direction: OfferedDirection;
  /** Payload type of Opus in the offerer's RTP. */
  readonly opusPayloadType: number;
  readonly hasVideo: boolean;
  /** Identifies the offerer's ICE session (RFC 8839, section 5.4). */
  readonly iceUfrag: string;
  readonly hasChannel: boolean;
  /**
   * The offerer's candidates (RFC 8839, section 5.1), without `a=`: unique UDP candidates with a literal address, of
   * the section whose transport the audio uses. Host names, which browsers use to hide local addresses, are left out:
   * the relay resolves no names from outside, and it learns the address from the offerer's own connectivity checks.
   * `remote-candidates.ts` decides which candidates are checked.
   */
  readonly candidates: readonly string[];
  /**
   * The offer without candidates. Every section that the relay does not use (video, further audio, a second data
   * channel) is disabled with port 0, so the answer rejects it (RFC 3264, section 6). A section that carries a bundle
   * is made inactive instead.
   */
  readonly sdp: string;
}

export type OfferProblemCode =
  | 'not_sdp'
  | 'too_long'
  | 'too_many_sections'
  | 'no_audio'
  | 'no_opus'
  | 'inactive_audio'
  | 'no_mid'
  | 'no_security';

/** Why an offer cannot be answered. */
export interface OfferProblem {
  readonly code: OfferProblemCode;
  /** For the client's developer; quotes nothing from the offer. */
  readonly message: string;
}

export type OfferReading =
  { readonly ok: true; readonly offer: Offer } | { readonly ok: false; readonly problem: OfferProblem };

/** The problem and its remedy, by code. */
const messages: Readonly<Record<OfferProblemCode, string>> = {
  not_sdp: 'The body is not a session description; post the SDP of an RTCPeerConnection offer.',
  too_long: `The offer is longer than ${maxOfferBytes} bytes.`,
  too_many_sections: `The offer has more than ${maxSections} media sections.`,
  no_audio:
    'The offer has no audio section; add a track or addTransceiver("audio") before createOffer, recvonly without a microphone.',
  no_opus: 'The audio section offers no Opus (opus/48000/2), the only supported codec.',
  inactive_audio: 'The audio section is inactive; offer sendrecv, sendonly or recvonly.',
  no_mid: 'The audio section has no a=mid.',
  no_security:
    'The offer lacks ICE credentials or a DTLS fingerprint (a=ice-ufrag, a=ice-pwd, a=fingerprint); plain RTP is not supported.',
};

/** A session description's lines up to the first media section, or one media section (RFC 8866, section 5). */
type Section = readonly string[];

/** Reads an untrusted offer. Pure; never throws. */
export function readOffer(sdp: string): OfferReading {
  if (Buffer.byteLength(sdp) > maxOfferBytes) return refuse('too_long');
  const [session, ...media] = sectionsOf(sdp);
  if (session?.[0] !== 'v=0') return refuse('not_sdp');
  if (media.length > maxSections) return refuse('too_many_sections');

  const audios = media.filter((section) => isOffered(section, 'audio'));
  if (audios.length === 0) return refuse('no_audio');
  const audio = audios.find((section) => opusPayloadTypeOf(section) !== null);
  const opusPayloadType = audio ? opusPayloadTypeOf(audio) : null;
  if (!audio || opusPayloadType === null) return refuse('no_opus');
  const direction = directionOf(audio) ?? directionOf(session) ?? 'sendrecv';
  if (direction === 'inactive') return refuse('inactive_audio');
  const mid = attributeOf(audio, 'mid');
  if (mid === null || !isToken(mid)) return refuse('no_mid');
  const [iceUfrag, ...others] = ['ice-ufrag', 'ice-pwd', 'fingerprint'].map(
    (name) => attributeOf(audio, name) ?? attributeOf(session, name),
  );
  if (!iceUfrag || others.some((value) => !value)) return refuse('no_security');

  const channel = media.find((section) => isOffered(section, 'application') && carriesDataChannels(section));
  const answered = media.map((section) => {
    if (section === audio || section === channel) return section;
    return carriesBundle(session, section) ? deactivate(section) : disable(section);
  });
  return {
    ok: true,
    offer: {
      mid,
      direction,
      opusPayloadType,
      hasVideo: media.some((section) => isOffered(section, 'video')),
      iceUfrag,
      hasChannel: channel !== undefined,
      candidates: candidatesOf(
        media.filter((section) => section === audio || carriesBundle(session, section)).flat(),
      ),
      sdp: [session, ...answered]
        .flat()
        .filter((line) => !/^a=(?:candidate:|end-of-candidates)/.test(line))
        .map((line) => `${line}\r\n`)
        .join(''),
    },
  };
}

function refuse(code: OfferProblemCode): OfferReading {
  return { ok: false, problem: { code, message: messages[code] } };
}

/** The lines before the first `m=`, then each media section; without empty lines. */
function sectionsOf(sdp: string): Section[] {
  const sections: string[][] = [[]];
  for (const line of sdp.split(/[\r\n]+/)) {
    if (line === '') continue;
    if (line.startsWith('m=')) sections.push([]);
    sections.at(-1)?.push(line);
  }
  return sections;
}

/** `m=<media> <port> <protocol> <format> …` */
function mediaLineOf(section: Section): readonly string[] {
  return (section[0] ?? '').slice(2).split(' ');
}

/** Whether the section is of this kind and not disabled. */
function isOffered(section: Section, kind: 'audio' | 'video' | 'application'): boolean {
  return mediaLineOf(section)[0] === kind && !isDisabled(section);
}

/** Port 0 disables a section, unless it shares another's port (RFC 9143, section 6). */
function isDisabled(section: Section): boolean {
  return mediaLineOf(section)[1] === '0' && !section.includes('a=bundle-only');
}

/** RFC 8841, section 4. */
function carriesDataChannels(section: Section): boolean {
  const [, , protocol, format] = mediaLineOf(section);
  return protocol?.endsWith('DTLS/SCTP') === true && format === 'webrtc-datachannel';
}

/** Whether a bundle uses this section's transport: it is the first of the group (RFC 9143, section 7.2). */
function carriesBundle(session: Section, section: Section): boolean {
  const mid = attributeOf(section, 'mid');
  return mid !== null && attributeOf(session, 'group')?.split(' ')[1] === mid && !isDisabled(section);
}

/** For the section that carries a bundle: if it were disabled, the others would have no transport in browsers. */
function deactivate(section: Section): Section {
  const isDirection = /^a=(?:sendrecv|sendonly|recvonly|inactive)$/;
  return [...section.filter((line) => !isDirection.test(line)), 'a=inactive'];
}

function disable(section: Section): Section {
  const [mediaLine = '', ...attributes] = section;
  return [mediaLine.replace(/ \d+/, ' 0'), ...attributes.filter((line) => line !== 'a=bundle-only')];
}

function attributeOf(section: Section, name: string): string | null {
  const prefix = `a=${name}:`;
  return section.find((line) => line.startsWith(prefix))?.slice(prefix.length) ?? null;
}

function directionOf(section: Section): OfferedDirection | 'inactive' | null {
  for (const line of section) {
    switch (line) {
      case 'a=sendrecv':
        return 'sendrecv';
      case 'a=sendonly':
        return 'sendonly';
      case 'a=recvonly':
        return 'recvonly';
      case 'a=inactive':
        return 'inactive';
    }
  }
  return null;
}

/** `a=rtpmap:<payload type> opus/48000/2` (RFC 7587, section 7), for a payload type that the media line names too. */
function opusPayloadTypeOf(section: Section): number | null {
  const formats = mediaLineOf(section).slice(3);
  for (const line of section) {
    const match = /^a=rtpmap:(\d{1,3}) opus\/48000\/2\s*$/i.exec(line);
    if (match?.[1] !== undefined && Number(match[1]) <= 127 && formats.includes(match[1]))
      return Number(match[1]);
  }
  return null;
}

/** Whether the text is a valid token (RFC 8866, section 9). */
function isToken(text: string): boolean {
  return /^[\w!#$%&'*+.^`{|}~-]{1,64}$/.test(text);
}

/**
 * The usable candidates among `a=candidate:<foundation> <component> <transport> <priority> <address> <port> …` lines,
 * without `a=` and duplicates. Only of component 1: RTCP shares its port here (RFC 8839, section 5.1).
 */
export function candidatesOf(lines: readonly string[]): string[] {
  const usable = new Set<string>();
  for (const line of lines) {
    if (!line.startsWith('a=candidate:')) continue;
    const [, component, transport, , address = ''] = line.split(' ');
    if (component === '1' && transport?.toLowerCase() === 'udp' && isIP(address) !== 0)
      usable.add(line.slice(2));
  }
  return [...usable];
}
