/** The providers of a call's stages, by name. */
export interface StageNames {
  readonly stt: string;
  readonly llm: string;
  readonly tts: string;
}

/** What the test page tells a visitor before the call. */
export interface PageIntroduction {
  /** Who answers, in a few words that follow "You will talk to": `an appointment desk`. @default an agent */
  readonly agent?: string;
  /** Where all calls have the same. @default those of the config, unless a function makes it */
  readonly providers?: StageNames;
  /** Things to say to it. @default none */
  readonly suggestions?: readonly string[];
}
