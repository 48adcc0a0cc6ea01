// The import rules of ARCHITECTURE.md: audio flows through the rooms in one direction, and imports do too.
const core = '^src/(core|audio)/';
const contracts =
  '^src/(events|metrics)/|^src/vad/(voice-activity-detector|voice-check)\\.ts$|^src/transport/(transport|transport-definition|registry|[^/]+/[^/]+-definition)\\.ts$|^src/providers/(speech-to-text|language-model|text-to-speech)\\.ts$';
/** What rooms may share: threads, connections, a watch over media, and what all vendors' adapters are made of. */
const shared =
  '^src/(workers|network)/|^src/transport/(media-watch|playout-position)\\.ts$|^src/providers/(?!registry)[^/]+\\.ts$';
const below = `${core}|${contracts}|${shared}`;
const tests = '\\.test\\.tsx?$';
const only = (name, from, to) => ({ name, severity: 'error', from, to });

/** Rooms that know nothing of each other. */
const rooms = [
  '^src/vad/',
  '^src/transport/media-stream/',
  '^src/transport/webrtc/',
  '^src/providers/local/',
  '^src/providers/deepgram/',
  '^src/providers/assemblyai/',
  '^src/providers/openai/',
  '^src/providers/elevenlabs/',
  '^src/providers/google/',
  '^src/providers/anthropic/',
  '^src/providers/cartesia/',
  '^src/providers/guard/',
];

module.exports = {
  forbidden: [
    only('no-cycles', {}, { circular: true }),
    only('nothing-imports-index', { path: '^src/', pathNot: tests }, { path: '^src/index\\.ts$' }),
    only('harness-is-for-tests', { path: '^src/', pathNot: tests }, { path: `^test/|${tests}` }),
    only('core-imports-core', { path: core, pathNot: tests }, { path: '^src/', pathNot: core }),
    only(
      'contracts-import-core-and-contracts',
      { path: contracts, pathNot: tests },
      { path: '^src/', pathNot: `${core}|${contracts}` },
    ),
    only(
      'shared-rooms-import-contracts',
      { path: shared, pathNot: `${tests}|${contracts}` },
      { path: '^src/', pathNot: below },
    ),
    ...rooms.map((room) =>
      only(
        `${room.replace(/^\^src\/|\/$/g, '').replace('/', '-')}-imports-no-other-room`,
        { path: room, pathNot: `${tests}|${contracts}` },
        { path: '^src/', pathNot: `${room}|${below}` },
      ),
    ),
    // A carrier's room holds its own wire; what such wires share is in media-stream.
    only(
      'transport-twilio-imports-media-stream',
      { path: '^src/transport/twilio/', pathNot: tests },
      { path: '^src/', pathNot: `^src/transport/(twilio|media-stream)/|${below}` },
    ),
    // What uses transports asks their registry, which is data.
    only(
      'transport-definitions-are-for-the-registry',
      { path: '^src/', pathNot: `^src/transport/|${tests}` },
      { path: '^src/transport/[^/]+/[^/]+-definition\\.ts$' },
    ),
    only(
      'transport-definitions-are-for-their-room',
      { path: '^src/transport/([^/]+)/', pathNot: tests },
      { path: '^src/transport/[^/]+/[^/]+-definition\\.ts$', pathNot: '^src/transport/$1/' },
    ),
    // The registry of vendors stands above the rooms: what uses vendors by name asks it.
    only(
      'registry-lists-rooms',
      { path: '^src/(session|speech-text|fallback|transport|providers/[^/]+/)', pathNot: tests },
      { path: '^src/providers/registry\\.ts$' },
    ),
    only(
      'fallback-imports-contracts',
      { path: '^src/fallback/', pathNot: tests },
      { path: '^src/', pathNot: `^src/fallback/|${below}` },
    ),
    only(
      'session-imports-contracts',
      { path: '^src/(session|speech-text)/', pathNot: tests },
      { path: '^src/', pathNot: `${core}|${contracts}|^src/(session|speech-text)/` },
    ),
    only(
      'speech-text-is-text',
      { path: '^src/speech-text/', pathNot: tests },
      { path: '^src/', pathNot: `${core}|^src/speech-text/` },
    ),
    only(
      'relay-stays-below-cli',
      { path: '^src/(relay|relay-client|replay|telephony|tunnel)/', pathNot: tests },
      { path: '^src/(cli|dashboard|drills)/' },
    ),
    only(
      'relay-knows-no-simulator',
      { path: '^src/(relay|telephony|tunnel)/', pathNot: tests },
      { path: '^src/(simulators|replay)/' },
    ),
    only(
      'simulators-and-drills-stay-below-cli',
      { path: '^src/(simulators|drills)/', pathNot: tests },
      { path: '^src/(cli|dashboard)/' },
    ),
    only(
      'dashboard-sees-events-and-metrics',
      { path: '^src/dashboard/', pathNot: tests },
      {
        path: '^src/',
        pathNot:
          '^src/(dashboard|events|metrics)/|^src/transport/registry\\.ts$|^src/core/clock\\.ts$|^src/call-view/',
      },
    ),
    only(
      'page-takes-little-along',
      { path: '^src/web/', pathNot: tests },
      {
        path: '^src/|^node_modules/',
        pathNot:
          '^src/(web|call-view)/|^src/events/(session-event|sys-log)\\.ts$|^src/metrics/turn-latency\\.ts$|^src/audio/sound-edges\\.ts$|^src/transport/webrtc/page-protocol\\.ts$|^node_modules/react/',
      },
    ),
    only(
      'only-the-hook-takes-react-along',
      { path: '^src/web/', pathNot: `^src/web/react/|${tests}` },
      { path: '^node_modules/' },
    ),
    only(
      'page-model-knows-no-browser',
      { path: '^src/(web/model|call-view)/' },
      { path: '^src/web/(browser|client|react)/' },
    ),
    only('nothing-imports-the-page', { path: '^src/', pathNot: `^src/web/|${tests}` }, { path: '^src/web/' }),
    only(
      'published-testing-reaches-no-test-tool',
      { path: '^src/simulators/index\\.ts$' },
      {
        path: 'node_modules/(@jest|jest|fast-check|werift|playwright-core|ink-testing-library)',
        reachable: true,
      },
    ),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types'] },
  },
};
