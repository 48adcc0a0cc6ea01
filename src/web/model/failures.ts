/** All failures of the page, each with a remedy for the visitor. */

export type FailureKind =
  /** The visitor or the browser's settings denied the microphone. */
  | 'microphone_denied'
  | 'microphone_missing'
  /** Another program uses the microphone, or the system blocks it. */
  | 'microphone_busy'
  /** The browser denies microphones to pages over plain HTTP from another machine. */
  | 'insecure_origin'
  | 'no_webrtc'
  /** No address pair works between browser and relay, for an unknown reason. */
  | 'no_path'
  /** The browser found no address of its own: its machine has only loopback, or WebRTC is blocked. */
  | 'no_network'
  /** The relay offered only loopback addresses. */
  | 'relay_on_loopback'
  /** The relay answers no request. */
  | 'relay_gone'
  /** An open connection broke. */
  | 'connection_lost'
  | 'not_authorised'
  | 'relay_busy'
  /** The relay answered with an error; `detail` is its text. */
  | 'relay_refused'
  /** Typed turns came too fast; the relay dropped some. */
  | 'typing_too_fast'
  /** The browser allows no sound before a click. */
  | 'playback_blocked';

export interface Failure {
  readonly kind: FailureKind;
  /** The original error text, if it says more than the kind. */
  readonly detail?: string;
}

/** The action of the failure's button. */
export type RemedyAction = 'connect' | 'play';

export interface FailureText {
  readonly title: string;
  readonly remedy: string;
  /** The button's label and action; null if no button helps. */
  readonly action: { readonly label: string; readonly does: RemedyAction } | null;
  /** Whether the call continues. */
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
    remedy: 'You can type instead. To speak, connect a microphone or choose another one, then call again.',
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
      'You can type instead. Browsers allow microphones only on https:// and localhost: open the page on the relay’s machine, or give the relay a public https address (--public-url).',
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
      'The page reaches the relay, but its audio (UDP) does not. Check VPN and firewall, and the relay’s log. A browser on another machine must be able to reach the relay’s address and UDP ports (--host, --webrtc-bind).',
    action: again,
    harmless: false,
  },
  no_network: {
    title: 'This browser has no network for audio',
    remedy:
      'Browsers send no audio over loopback alone: connect this machine to a network, even one without internet. If it has one, a setting or an extension blocks WebRTC.',
    action: again,
    harmless: false,
  },
  relay_on_loopback: {
    title: 'The relay offers audio on loopback only',
    remedy:
      'It offers only 127.0.0.1, which Firefox does not use and other machines cannot reach: connect its machine to a network, or start it with another --webrtc-bind, or without.',
    action: again,
    harmless: false,
  },
  relay_gone: {
    title: 'The relay does not answer',
    remedy: 'Restart it with "hzrelay dev", check its terminal, then try again.',
    action: again,
    harmless: false,
  },
  connection_lost: {
    title: 'The connection was lost',
    remedy: 'Check the network and the relay’s terminal, then call again. That starts a new session.',
    action: { label: 'Call again', does: 'connect' },
    harmless: false,
  },
  not_authorised: {
    title: 'This page is not authorised',
    remedy:
      'The relay is reachable from outside and needs its token: open the link that it printed. After a restart it prints a new one.',
    action: null,
    harmless: false,
  },
  relay_busy: {
    title: 'The relay is busy',
    remedy: 'It cannot take this call now; its log says why. Try again in a moment.',
    action: again,
    harmless: false,
  },
  relay_refused: {
    title: 'The relay refused the call',
    remedy: 'See its log.',
    action: again,
    harmless: false,
  },
  typing_too_fast: {
    title: 'Too many typed turns',
    remedy:
      'Each one calls the model, so the relay limits them: turns that came too fast were dropped. Wait a few seconds.',
    action: null,
    harmless: true,
  },
  playback_blocked: {
    title: 'The browser keeps the agent silent',
    remedy: 'It allows sound only after a click.',
    action: { label: 'Play', does: 'play' },
    harmless: true,
  },
};

/** The text for the visitor; a detail comes before the remedy. */
export function failureText({ kind, detail }: Failure): FailureText {
  const text = texts[kind];
  return detail === undefined ? text : { ...text, remedy: `${sentence(detail)} ${text.remedy}` };
}

/**
 * The failure for a DOMException name of `getUserMedia` (Media Capture and Streams, 10.3.1).
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

/** The failure for an HTTP status in answer to an offer; `detail` is the relay's own text, if it sent one. */
export function refusalFailure(status: number, detail?: string): Failure {
  switch (status) {
    case 401:
      return { kind: 'not_authorised' };
    case 503:
      return { kind: 'relay_busy' };
    // A tunnel or a development server in front of the relay cannot reach it.
    case 502:
    case 504:
      return {
        kind: 'relay_gone',
        detail: `The proxy or tunnel in front of it answered with status ${status}.`,
      };
    default:
      return { kind: 'relay_refused', detail: detail ?? `It answered with status ${status}.` };
  }
}

function sentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}
