/** Everything that can go wrong on the page, and what the visitor can do about it. */

export type FailureKind =
  /** The visitor or the browser's settings said no to the microphone. */
  | 'microphone_denied'
  | 'microphone_missing'
  /** Another program holds it, or the system gives it to nobody. */
  | 'microphone_busy'
  /** The browser gives no microphone to pages that came over plain HTTP from another machine. */
  | 'insecure_origin'
  | 'no_webrtc'
  /** No pair of addresses works between browser and relay. */
  | 'no_path'
  /** The relay answers no request. */
  | 'relay_gone'
  /** The connection stood and broke. */
  | 'connection_lost'
  | 'not_authorised'
  | 'relay_busy'
  /** The relay answered with an error; the detail is its own text. */
  | 'relay_refused'
  /** The browser lets the page make no sound before somebody clicks. */
  | 'playback_blocked';

export interface Failure {
  readonly kind: FailureKind;
  /** In the words of whoever failed, where it says more than the kind. */
  readonly detail?: string;
}

/** What a button beside the failure does about it. */
export type RemedyAction = 'connect' | 'play';

export interface FailureText {
  readonly title: string;
  readonly remedy: string;
  /** The label of the button and what it does; null where no button helps. */
  readonly action: { readonly label: string; readonly does: RemedyAction } | null;
  /** Whether the call goes on all the same. */
  readonly harmless: boolean;
}

const withMicrophone = { label: 'Call again with microphone', does: 'connect' } as const;
const again = { label: 'Try again', does: 'connect' } as const;

const texts: Readonly<Record<FailureKind, FailureText>> = {
  microphone_denied: {
    title: 'The microphone is blocked',
    remedy:
      'You can type instead. To speak, allow the microphone for this page (the icon left of the address), then call again.',
    action: withMicrophone,
    harmless: true,
  },
  microphone_missing: {
    title: 'There is no microphone',
    remedy: 'You can type instead. To speak, plug a microphone in or choose another one, then call again.',
    action: withMicrophone,
    harmless: true,
  },
  microphone_busy: {
    title: 'The microphone cannot be used',
    remedy:
      'You can type instead. To speak, close the program that uses the microphone, or choose another one, then call again.',
    action: withMicrophone,
    harmless: true,
  },
  insecure_origin: {
    title: 'This address gets no microphone',
    remedy:
      'You can type instead. Browsers give a microphone only to https:// and localhost: open the page on the machine of the relay, or give the relay a public https address (--public-url).',
    action: null,
    harmless: true,
  },
  no_webrtc: {
    title: 'This browser has no WebRTC',
    remedy: 'Open the page in a current Chrome, Edge, Firefox or Safari, and allow WebRTC in its settings.',
    action: null,
    harmless: false,
  },
  no_path: {
    title: 'No way to the relay for audio',
    remedy:
      'The page reaches the relay, but its audio (UDP) does not. Check VPN and firewall; off this machine, the relay needs an address and UDP ports that browsers can reach.',
    action: again,
    harmless: false,
  },
  relay_gone: {
    title: 'The relay does not answer',
    remedy: 'Start it again with "hzrelay dev" and look at its terminal, then try again.',
    action: again,
    harmless: false,
  },
  connection_lost: {
    title: 'The connection was lost',
    remedy: 'Check the network and the relay’s terminal, then call again: it will be a new session.',
    action: { label: 'Call again', does: 'connect' },
    harmless: false,
  },
  not_authorised: {
    title: 'This page is not authorised',
    remedy:
      'The relay can be reached from outside, so it needs its token: open the link that it printed. After a restart it prints a new one.',
    action: null,
    harmless: false,
  },
  relay_busy: {
    title: 'The relay is busy',
    remedy: 'It has no session for this call; its log says why. Try again in a moment.',
    action: again,
    harmless: false,
  },
  relay_refused: {
    title: 'The relay refused the call',
    remedy: 'Its log says more.',
    action: again,
    harmless: false,
  },
  playback_blocked: {
    title: 'The browser keeps the agent silent',
    remedy: 'It lets a page speak only after a click.',
    action: { label: 'Play', does: 'play' },
    harmless: true,
  },
};

/** What to tell the visitor. The detail, where there is one, comes before the remedy. */
export function failureText({ kind, detail }: Failure): FailureText {
  const text = texts[kind];
  return detail === undefined ? text : { ...text, remedy: `${sentence(detail)} ${text.remedy}` };
}

/**
 * What `getUserMedia` meant by the name of its DOMException (Media Capture and Streams, 10.3.1).
 */
export function microphoneFailure(errorName: string): Failure {
  switch (errorName) {
    case 'NotAllowedError':
    case 'SecurityError':
      return { kind: 'microphone_denied' };
    case 'NotFoundError':
    case 'OverconstrainedError':
      return { kind: 'microphone_missing' };
    default:
      return { kind: 'microphone_busy' };
  }
}

/** What an HTTP status in answer to an offer means; `detail` is the relay's own text, if it sent one. */
export function refusalFailure(status: number, detail?: string): Failure {
  switch (status) {
    case 401:
      return { kind: 'not_authorised' };
    case 503:
      return { kind: 'relay_busy' };
    default:
      return { kind: 'relay_refused', detail: detail ?? `It answered with status ${status}.` };
  }
}

function sentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}
