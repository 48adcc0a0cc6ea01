// The import rules of ARCHITECTURE.md: audio flows through the rooms in one direction, and imports do too.
const tiers = {
  core: '^src/(errors|clock)\\.ts$|^src/audio/',
  contracts:
    '^src/(events|metrics)/|^src/vad/voice-activity-detector\\.ts$|^src/transport/transport\\.ts$|^src/stt/speech-to-text\\.ts$|^src/llm/language-model\\.ts$|^src/tts/text-to-speech\\.ts$',
  shared: '^src/(supervisor|workers)/',
  providers: '^src/(vad|transport|stt|llm|tts)/',
};
const only = (name, from, to) => ({ name, severity: 'error', from, to });

const rooms = ['vad', 'transport/twilio', 'stt', 'llm', 'tts'];
const staysInItsRoom = (room) =>
  only(
    `${room.replace('/', '-')}-imports-no-other-implementation`,
    { path: `^src/${room}/`, pathNot: `\\.test\\.ts$|${tiers.contracts}` },
    { path: tiers.providers, pathNot: `^src/${room}/|${tiers.contracts}` },
  );

module.exports = {
  forbidden: [
    only('no-cycles', {}, { circular: true }),
    only('nothing-imports-index', { path: '^src/', pathNot: '\\.test\\.ts$' }, { path: '^src/index\\.ts$' }),
    only(
      'tests-and-testing-are-leaves',
      { path: '^src/', pathNot: '\\.test\\.tsx?$|^src/(testing|cli)/' },
      { path: '^src/testing/|\\.test\\.tsx?$' },
    ),
    only(
      'core-imports-core',
      { path: tiers.core, pathNot: '\\.test\\.ts$' },
      { path: '^src/', pathNot: tiers.core },
    ),
    only(
      'contracts-import-core-and-contracts',
      { path: tiers.contracts, pathNot: '\\.test\\.ts$' },
      { path: '^src/', pathNot: `${tiers.core}|${tiers.contracts}` },
    ),
    only(
      'shared-rooms-import-contracts',
      { path: tiers.shared, pathNot: '\\.test\\.ts$' },
      { path: '^src/', pathNot: `${tiers.core}|${tiers.contracts}|${tiers.shared}` },
    ),
    only(
      'implementations-import-below',
      { path: tiers.providers, pathNot: `\\.test\\.ts$|${tiers.contracts}` },
      { path: '^src/', pathNot: `${tiers.core}|${tiers.contracts}|${tiers.shared}|${tiers.providers}` },
    ),
    ...rooms.map(staysInItsRoom),
    only(
      'session-imports-contracts',
      { path: '^src/session/', pathNot: '\\.test\\.ts$' },
      { path: '^src/', pathNot: `${tiers.core}|${tiers.contracts}|^src/session/` },
    ),
    only(
      'server-and-replay-stay-below-cli',
      { path: '^src/(server|replay)/', pathNot: '\\.test\\.ts$' },
      { path: '^src/(cli|dashboard|testing)/' },
    ),
    only(
      'dashboard-sees-events-and-metrics',
      { path: '^src/dashboard/', pathNot: '\\.test\\.tsx?$' },
      {
        path: '^src/',
        pathNot:
          '^src/(dashboard|events|metrics)/|^src/clock\\.ts$|^src/web/model/|^src/workers/worker-entry\\.ts$',
      },
    ),
    only(
      'page-takes-little-along',
      { path: '^src/web/', pathNot: '\\.test\\.ts$' },
      {
        path: '^src/|^node_modules/',
        pathNot:
          '^src/web/|^src/events/(session-event|sys-log)\\.ts$|^src/metrics/turn-latency\\.ts$|^src/audio/sound-edges\\.ts$|^src/transport/webrtc/page-protocol\\.ts$',
      },
    ),
    only('page-model-knows-no-browser', { path: '^src/web/model/' }, { path: '^src/web/browser/' }),
    only(
      'nothing-imports-the-page',
      { path: '^src/', pathNot: '^src/(web|testing|dashboard)/' },
      { path: '^src/web/' },
    ),
    only('testing-stays-below-cli', { path: '^src/testing/' }, { path: '^src/cli/' }),
    only(
      'published-testing-reaches-no-test-tool',
      { path: '^src/testing/index\\.ts$' },
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
