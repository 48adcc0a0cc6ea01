import type { ProviderNotice } from '../../events/provider-notice.js';

/**
 * ElevenLabs' default voices, old and new, by id. All of them will be removed on 2026-12-31. Accounts made since March
 * 2026 have none. For free accounts the old ones are library voices, which their keys may not use.
 *
 * Sources: https://help.elevenlabs.io/hc/en-us/articles/26942950589969-What-are-Default-voices,
 * https://github.com/home-assistant/home-assistant.io/issues/47697, https://github.com/indexable-inc/index/pull/339
 */
export const leavingVoices: Readonly<Record<string, string>> = {
  '21m00Tcm4TlvDq8ikWAM': 'Rachel',
  '29vD33N1CtxCmqQRPOHJ': 'Drew',
  '2EiwWnXFnvU5JabPnv8n': 'Clyde',
  '5Q0t7uMcjvnagumLfvZi': 'Paul',
  '9BWtsMINqrJLrRacOk9x': 'Aria',
  AZnzlk1XvdvUeBnXmlld: 'Domi',
  CYw3kZ02Hs0563khs1Fj: 'Dave',
  CwhRBWXzGAHq8TQ4Fs17: 'Roger',
  D38z5RcWu1voky8WS1ja: 'Fin',
  EXAVITQu4vr4xnSDxMaL: 'Sarah',
  ErXwobaYiN019PkySvjV: 'Antoni',
  FGY2WhTYpPnrIDTdsKH5: 'Laura',
  GBv7mTt0atIp3Br8iCZE: 'Thomas',
  IKne3meq5aSn9XLyUdCD: 'Charlie',
  JBFqnCBsd6RMkjVDRZzb: 'George',
  LcfcDJNUP1GQjkzn1xUU: 'Emily',
  MF3mGyEYCl7XYWbV9V6O: 'Elli',
  N2lVS1w4EtoT3dr4eOWO: 'Callum',
  ODq5zmih8GrVes37Dizd: 'Patrick',
  SAz9YHcvj6GT2YYXdXww: 'River',
  SOYHLrjzK2X1ezoPC6cr: 'Harry',
  TX3LPaxmHKxFdv7VOQHJ: 'Liam',
  ThT5KcBeYPX3keUQqHPh: 'Dorothy',
  TxGEqnHWrfWFTfGW9XjX: 'Josh',
  VR6AewLTigWG4xSOukaG: 'Arnold',
  XB0fDUnXU5powFXDhCwa: 'Charlotte',
  Xb7hH8MSUJpSbSDYk0k2: 'Alice',
  XrExE9yKIg1WjnnlVkGX: 'Matilda',
  ZQe5CZNOzWyzPSCn5a3c: 'James',
  Zlb1dXrM653N07WRdFW3: 'Joseph',
  bIHbv24MWmeRgasZH58o: 'Will',
  bVMeCyTHy58xNoL34h3p: 'Jeremy',
  cgSgspJ2msm6clMCkdW9: 'Jessica',
  cjVigY5qzO86Huf0OWal: 'Eric',
  flq6f7yk4E4fJM5XTYuZ: 'Michael',
  g5CIjZEefAph4nQFvHAz: 'Ethan',
  iP95p4xoKVk53GoZ742B: 'Chris',
  jBpfuIE2acCO8z3wKNLl: 'Gigi',
  jsCqWAovK2LkecY7zXl4: 'Freya',
  nPczCjzI2devNBz1zQrb: 'Brian',
  oWAxZDx7w5VEj9dCyTzz: 'Grace',
  onwK4e9ZLuTAKqWW03F9: 'Daniel',
  pFZP5JQG7iQjIQuC4Bku: 'Lily',
  pMsXgVXv3BLzUgSXRplE: 'Serena',
  pNInz6obpgDQGcFmaJgB: 'Adam',
  piTKgcLEGmPE4e6mEKli: 'Nicole',
  pqHfZKP75CvOlQylNhV4: 'Bill',
  t0jbNlBVZ17f02VDIeMI: 'Jessie',
  wViXBPUzp2ZZixB1xQuM: 'Ryan',
  yoZ06aMxZJJ28mfd3POQ: 'Sam',
  z9fAnlkpzviPz146aGWa: 'Glinda',
  zcAOhNBS3c14rBihAFp1: 'Giovanni',
  zrHiDhphv9ZnVXBqCLjz: 'Mimi',
};

/** The notice for a configured voice that will be removed. */
export function leavingNotice(voiceId: string): ProviderNotice {
  const name = leavingVoices[voiceId];
  return {
    field: 'tts.voiceId',
    message: `The voice '${voiceId}'${name ? ` (${name})` : ''} is a default voice, and ElevenLabs removes those on 2026-12-31.`,
    remedy: 'Choose another one at https://elevenlabs.io/app/voice-library and set tts.voiceId.',
  };
}
