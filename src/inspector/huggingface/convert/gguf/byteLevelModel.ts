import { InspectorError } from '../../../../protocol/errors';
import { shortened } from '../../../files/shortened';
import { tokenizerKey } from '../../../weights/gguf/ggufVocabulary';
import { brokenFile, MOST_ENTRIES, tooMany } from '../vocabularyFile';
import type { GgufConverter } from './ggufPipeline';
import { idsOf, templateFor } from './ggufTemplate';
import { wordSteps } from './preTokenizers';

/** Byte-level pair encoding: merges from the file, words by the rules that it names. */
export const byteLevelModel: GgufConverter = (vocabulary, metadata, name) => {
  const pre = metadata.text(tokenizerKey('pre'));
  const steps = wordSteps(pre, metadata.architecture);
  if (!steps) {
    const rules =
      pre === undefined || pre === 'default'
        ? `${name} does not say by which rules texts are cut into words`
        : `Texts are cut into words by the rules “${shortened(pre)}” in ${name}, which are not known`;
    throw new InspectorError(
      'tokenizer-missing',
      `${rules}; choose a tokenizer.json of the same model for it.`,
    );
  }
  const merges = metadata.texts(tokenizerKey('merges'));
  if (!merges) throw brokenFile(name, 'its tokenizer has no merges');
  if (merges.length > MOST_ENTRIES) throw tooMany(name, merges.length, 'merges');
  const { normalizer, pre_tokenizer, ignoresMerges, addsBos } = steps;
  return {
    model: {
      type: 'BPE',
      vocab: idsOf(vocabulary.tokens),
      merges: merges.map((merge, i) => partsOf(merge, i, name)),
      ignore_merges: ignoresMerges,
    },
    normalizer,
    pre_tokenizer,
    post_processor: templateFor(vocabulary, { bos: addsBos, eos: false }) ?? {
      type: 'ByteLevel',
      add_prefix_space: true,
      trim_offsets: false,
    },
  };
};

/** Tokens hold no spaces: bytes are spelled by other characters. */
function partsOf(merge: string, i: number, name: string): readonly [string, string] {
  const [left, right, ...others] = merge.split(' ');
  if (left && right && others.length === 0) return [left, right];
  throw brokenFile(name, `its merge ${i} is not two tokens with a space between`);
}
