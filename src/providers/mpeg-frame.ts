/** Bit rates of Layer III in kbit/s by index: of MPEG-1, and of MPEG-2 and 2.5. */
const firstRates = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320] as const;
const secondRates = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160] as const;
/** By the version's two bits: 2.5, none, 2, 1. */
const sampleRatesHz: readonly (readonly number[])[] = [
  [11_025, 12_000, 8000],
  [],
  [22_050, 24_000, 16_000],
  [44_100, 48_000, 32_000],
];
const firstVersion = 3;

/**
 * The length in bytes of the MPEG audio frame (Layer III) whose header is at `at`; null if there is no header,
 * `undecided` if more bytes are needed.
 *
 * Source: ISO/IEC 11172-3, section 2.4.1.3
 */
export function mpegFrameLength(bytes: Uint8Array, at: number): number | 'undecided' | null {
  const [sync, kind, rates] = [bytes[at], bytes[at + 1], bytes[at + 2]];
  if (sync === undefined) return 'undecided';
  if (sync !== 0xff) return null;
  if (kind === undefined) return 'undecided';
  // Eleven bits of sync, two of version, two of layer.
  if (kind >> 5 !== 7 || ((kind >> 1) & 3) !== 1) return null;
  const version = (kind >> 3) & 3;
  const isFirst = version === firstVersion;
  if (rates === undefined) return 'undecided';
  const rateKbps = (isFirst ? firstRates : secondRates)[rates >> 4] ?? 0;
  const sampleRateHz = sampleRatesHz[version]?.[(rates >> 2) & 3];
  if (rateKbps === 0 || sampleRateHz === undefined) return null;
  const padding = (rates >> 1) & 1;
  return Math.floor(((isFirst ? 144_000 : 72_000) * rateKbps) / sampleRateHz) + padding;
}
