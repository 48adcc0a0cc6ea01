import 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * Which requests to a Host that is not the relay's are accepted, as proxies send them: `all`, or, if `areProven()`,
     * those whose sender's signature the route checks. Without this field they need the relay's token.
     */
    readonly foreignHosts?: 'all' | { readonly areProven: () => boolean };
    /** Whether a WebSocket may be opened at the route. @default false */
    readonly takesSockets?: boolean;
  }
}
