import { ModelFile } from '../../../protocol/modelFiles';
import { byteCharacter } from '../../tokenizer/bytes';
import { BYTE_LEVEL, split } from '../autoTokenizer/byteLevelSteps';
import { tokenOf } from '../autoTokenizer/specialTokens';
import type { Conversion, ConversionInput } from './conversion';
import { cutsOf } from './sentencePieceMerges';
import { brokenFile, readLines } from './vocabularyFile';

const FILE = ModelFile.sentencePiece;
/** The words of GPT-4 and Llama 3. */
const WORDS = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
const LINE = /^([A-Za-z0-9+/]+={0,2}) (\d{1,7})$/;
/** Words of a vocabulary have some dozens of bytes, a few of white space 128. */
const LONGEST = 256;

/**
 * Byte-level pair encoding from a file of tiktoken, which generic fast tokenizers may have under the
 * name of a SentencePiece model: on each line a token in base64 and its rank (`TikTokenConverter`).
 */
export async function tiktoken(input: ConversionInput): Promise<Conversion | undefined> {
  const lines = await readLines(input.folder, FILE);
  if (!lines) return undefined;
  const ranks = new Map(lines.flatMap((line, i) => (line === '' ? [] : [entryOf(line, i + 1)])));
  if (ranks.size === 0) throw brokenFile(FILE, 'it is empty');
  const { additional_special_tokens: listed } = input.given.values;
  return {
    name: FILE,
    model: {
      type: 'BPE',
      vocab: Object.fromEntries(ranks),
      merges: mergesByRank(ranks),
      ignore_merges: true,
    },
    addedTokens: (Array.isArray(listed) ? (listed as unknown[]) : []).flatMap(each => {
      const token = tokenOf(each);
      return token ? [{ content: token.content, normalized: false, special: true }] : [];
    }),
    steps: () => ({
      normalizer: null,
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [
          split(WORDS, 'Isolated', false),
          { ...BYTE_LEVEL, add_prefix_space: false, use_regex: false },
        ],
      },
      post_processor: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: false },
    }),
  };
}

/** A token, a character for each byte, and its rank. */
function entryOf(line: string, number: number): readonly [string, number] {
  const [, base64, rank] = LINE.exec(line) ?? [];
  if (base64 === undefined) {
    throw brokenFile(FILE, `line ${number} is not a token in base64 with its rank`);
  }
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length > LONGEST) {
    throw brokenFile(FILE, `the token of line ${number} has more than ${LONGEST} bytes`);
  }
  return [Array.from(bytes, byteCharacter).join(''), Number(rank)];
}

/** Every way to cut a token into two, in the order of the tokens' ranks. */
function mergesByRank(ranks: ReadonlyMap<string, number>): (readonly [string, string])[] {
  return [...ranks]
    .toSorted(([, a], [, b]) => a - b)
    .flatMap(([token]) => cutsOf(token, ranks).map(({ pair }) => pair));
}
