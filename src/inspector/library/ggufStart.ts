import { open } from 'node:fs/promises';

/** What the beginning of a GGUF file says of the model. */
export interface GgufStart {
  readonly architecture?: string;
  /** `Q4_K_M`, … as llama.cpp names the mixtures that it writes. */
  readonly precision?: string;
}

/** What stands before the vocabulary, which is the first thing of any size. */
const BYTES = 32 * 1024;
const MAGIC = 0x46554747;
/** Bytes of the kinds of value that have a fixed length, by their number in the format. */
const FIXED: readonly number[] = [1, 1, 2, 2, 4, 4, 4, 1, Infinity, Infinity, 8, 8, 8];
const UINT32 = 4;
const STRING = 8;
const LIST = 9;
/** `general.file_type`: llama.cpp's `llama_ftype`. */
const FILE_TYPES: Readonly<Record<number, string>> = {
  0: 'F32',
  1: 'F16',
  2: 'Q4_0',
  3: 'Q4_1',
  7: 'Q8_0',
  8: 'Q5_0',
  9: 'Q5_1',
  10: 'Q2_K',
  11: 'Q3_K_S',
  12: 'Q3_K_M',
  13: 'Q3_K_L',
  14: 'Q4_K_S',
  15: 'Q4_K_M',
  16: 'Q5_K_S',
  17: 'Q5_K_M',
  18: 'Q6_K',
  19: 'IQ2_XXS',
  20: 'IQ2_XS',
  21: 'Q2_K_S',
  22: 'IQ3_XS',
  23: 'IQ3_XXS',
  24: 'IQ1_S',
  25: 'IQ4_NL',
  26: 'IQ3_S',
  27: 'IQ3_M',
  28: 'IQ2_S',
  29: 'IQ2_M',
  30: 'IQ4_XS',
  31: 'IQ1_M',
  32: 'BF16',
  36: 'TQ1_0',
  37: 'TQ2_0',
  38: 'MXFP4',
};

/**
 * Reads the first values of a GGUF file, 32 KB at most.
 * @returns undefined where it is no GGUF file
 */
export async function ggufStart(path: string): Promise<GgufStart | undefined> {
  const file = await open(path);
  try {
    const bytes = Buffer.alloc(BYTES);
    const { bytesRead } = await file.read(bytes, 0, BYTES, 0);
    return parsed(bytes.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

function parsed(bytes: Buffer): GgufStart | undefined {
  if (bytes.length < 24 || bytes.readUInt32LE(0) !== MAGIC) return undefined;
  let architecture: string | undefined;
  let precision: string | undefined;
  for (const [key, kind, value] of scalars(bytes)) {
    if (key === 'general.architecture' && kind === STRING) architecture = value.toString();
    if (key === 'general.file_type' && kind === UINT32) {
      precision = FILE_TYPES[value.readUInt32LE()];
    }
  }
  return {
    ...(architecture === undefined ? {} : { architecture }),
    ...(precision === undefined ? {} : { precision }),
  };
}

/** Keys with the kind and the bytes of their values, until one does not lie in these bytes. */
function* scalars(bytes: Buffer): Generator<readonly [string, number, Buffer]> {
  let at = 24;
  const has = (length: number) => length >= 0 && at + length <= bytes.length;
  const take = (length: number) => bytes.subarray(at, (at += length));
  const length = () => (has(8) ? Number(take(8).readBigUInt64LE()) : Infinity);
  for (let left = bytes.readBigUInt64LE(16); left > 0n; left--) {
    const keyLength = length();
    if (!has(keyLength + 4)) return;
    const key = take(keyLength).toString();
    const kind = take(4).readUInt32LE();
    if (kind === LIST) {
      if (!has(12)) return;
      const element = FIXED[take(4).readUInt32LE()] ?? Infinity;
      const bytesOfList = length() * element;
      if (!has(bytesOfList)) return;
      take(bytesOfList);
      continue;
    }
    const valueLength = kind === STRING ? length() : (FIXED[kind] ?? Infinity);
    if (!has(valueLength)) return;
    yield [key, kind, take(valueLength)];
  }
}
