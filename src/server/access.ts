/**
 * Who may use which route. A relay that is reachable from outside denies by default: Twilio's routes need Twilio's
 * signature, everything else a token. Host and Origin are checked on every request and every socket, so that a web page
 * elsewhere cannot reach a local relay through its visitor's browser.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP, isIPv6 } from 'node:net';

const cookieName = 'hzrelay_token';
const anyAddress = new Set(['0.0.0.0', '[::]']);
const loopbackHosts = new Set(['localhost', '127.0.0.1', '[::1]']);

export interface AccessOptions {
  /** Where the relay listens; anything but loopback counts as reachable from outside. */
  readonly host: string;
  readonly publicUrl: URL | null;
}

export class AccessPolicy {
  /** Opens the private routes where the relay is reachable from outside. */
  readonly token = randomBytes(24).toString('base64url');
  readonly #boundHost: string;
  readonly #isBoundToLoopback: boolean;
  #publicUrl: URL | null;

  constructor({ host, publicUrl }: AccessOptions) {
    // As a Host header writes it.
    this.#boundHost = isIPv6(host) ? `[${host.toLowerCase()}]` : host.toLowerCase();
    this.#isBoundToLoopback = isLoopback(host);
    this.#publicUrl = publicUrl;
  }

  /** Where the outside reaches the relay; null where it does not. */
  get publicUrl(): URL | null {
    return this.#publicUrl;
  }

  /** Whether private routes need the token. */
  get guarded(): boolean {
    return this.#publicUrl !== null || !this.#isBoundToLoopback;
  }

  /** From now on the outside reaches it there, or no more. Whatever comes by a name that is not known yet is refused. */
  expose(publicUrl: URL | null): void {
    this.#publicUrl = publicUrl;
  }

  /** Whether the request names a host that is ours. A name that is not (DNS rebinding) is refused. */
  knowsHost(hostHeader: string | undefined): boolean {
    if (hostHeader === undefined) return false;
    const host = hostHeader.toLowerCase();
    if (host === this.#publicHost()) return true;
    const name = withoutPort(host);
    if (loopbackHosts.has(name) || name === this.#boundHost) return true;
    // Bound to every address: a literal one cannot be a rebound name.
    return anyAddress.has(this.#boundHost) && isIP(name.replace(/^\[|\]$/g, '')) !== 0;
  }

  /**
   * Whether a browser's Origin is ours: the very host and port that the request names, or the public one. Requests
   * without an Origin do not come from a page of another site.
   */
  knowsOrigin(origin: string | undefined, hostHeader: string | undefined): boolean {
    if (origin === undefined) return true;
    if (!URL.canParse(origin)) return false;
    const { host } = new URL(origin);
    return host === hostHeader?.toLowerCase() || host === this.#publicHost();
  }

  /** Whether the request carries the token: as bearer token, in the cookie, or in the query of the printed link. */
  carriesToken(headers: IncomingHttpHeaders, query: unknown): boolean {
    const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
    return [bearer, cookie(headers.cookie, cookieName), tokenInQuery(query)].some((given) =>
      this.#isToken(given),
    );
  }

  /** The cookie that keeps a browser authorised after it came by the printed link. */
  cookie(secure: boolean): string {
    return `${cookieName}=${this.token}; HttpOnly; SameSite=Strict; Path=/${secure ? '; Secure' : ''}`;
  }

  #publicHost(): string | null {
    return this.#publicUrl?.host.toLowerCase() ?? null;
  }

  #isToken(given: string | undefined): boolean {
    if (given === undefined) return false;
    const [a, b] = [Buffer.from(given), Buffer.from(this.token)];
    return a.length === b.length && timingSafeEqual(a, b);
  }
}

/** Whether a server bound to this host listens on every address of the machine. */
export function isAnyAddress(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

export function isLoopback(host: string): boolean {
  return loopbackHosts.has(host.toLowerCase()) || host === '::1';
}

function withoutPort(host: string): string {
  return host.replace(/:\d+$/, '');
}

function cookie(header: string | undefined, name: string): string | undefined {
  return header
    ?.split(';')
    .map((pair) => pair.trim())
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1);
}

function tokenInQuery(query: unknown): string | undefined {
  if (typeof query !== 'object' || query === null || !('token' in query)) return undefined;
  return typeof query.token === 'string' ? query.token : undefined;
}
