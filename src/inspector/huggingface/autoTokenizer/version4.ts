import { metaspace } from './pipelineParts';
import type { Changes, Loading } from './reading';
import { boundaryTemplate } from './template';
import type { TokenizerClass } from './tokenizerClasses';
import { isObject, type Json } from './tokenizerFiles';

/**
 * What transformers 4 (4.57) changes in the tokenizer.json that it loads: the file counts but for
 * single settings (`PreTrainedTokenizerFast.__init__` and those of the classes).
 */
export function changesOf4(loading: Loading): Changes {
  const { kind } = loading;
  const all = [prefixSpace(loading), ...CHANGES[kind.family].map(change => change(loading))];
  return all.reduce((whole, each) => ({
    ...whole,
    ...each,
    settings: [...whole.settings, ...each.settings],
  }));
}

const NONE: Changes = { settings: [] };
type Change = (loading: Loading) => Changes;

const CHANGES: Readonly<Record<TokenizerClass['family'], readonly Change[]>> = {
  plain: [],
  bert: [bertNormalizer],
  gpt2: [],
  roberta: [trimOffsets],
  deberta: [],
  neox: [loading => boundaries(loading, false)],
  llama: [loading => boundaries(loading, true), llamaPrefix],
  gemma: [loading => boundaries(loading, true)],
  cohere: [loading => boundaries(loading, true)],
  qwen2: [],
  clip: [],
  t5: [],
  xlmRoberta: [],
  debertaV2: [],
};

/** A byte-level pre-tokenizer takes the setting, which is false where nothing is said. */
function prefixSpace({ json, given, kind }: Loading): Changes {
  const { pre_tokenizer: current } = json;
  // Llama's class passes on that nothing is said, with which nothing can be changed.
  const fallback = kind.family === 'llama' ? undefined : false;
  const wanted = given.values.add_prefix_space ?? fallback;
  if (!isObject(current) || typeof wanted !== 'boolean') return NONE;
  if (!('add_prefix_space' in current) || current.add_prefix_space === wanted) return NONE;
  return {
    pre_tokenizer: { ...current, add_prefix_space: wanted },
    settings: ['add_prefix_space'],
  };
}

function bertNormalizer({ json, given: { values } }: Loading): Changes {
  const { normalizer: current } = json;
  if (!isObject(current)) return NONE;
  const wanted: Json = {
    lowercase: values.do_lower_case ?? true,
    strip_accents: values.strip_accents ?? null,
    handle_chinese_chars: values.tokenize_chinese_chars ?? true,
  };
  const differing = Object.keys(wanted).filter(
    key => key in current && (current[key] ?? null) !== wanted[key],
  );
  if (differing.length === 0 || current.type !== 'BertNormalizer') return NONE;
  const names: Readonly<Record<string, string>> = {
    lowercase: 'do_lower_case',
    handle_chinese_chars: 'tokenize_chinese_chars',
  };
  return {
    normalizer: { ...current, ...wanted },
    settings: differing.map(key => names[key] ?? key),
  };
}

/** The post-processor takes the settings that say how ranges are trimmed. */
function trimOffsets({ json, given: { values } }: Loading): Changes {
  const { post_processor: current } = json;
  if (!isObject(current)) return NONE;
  const wanted: Json = {
    add_prefix_space: values.add_prefix_space ?? false,
    trim_offsets: values.trim_offsets ?? true,
  };
  const differing = Object.keys(wanted).filter(
    key => key in current && current[key] !== wanted[key],
  );
  if (differing.length === 0) return NONE;
  const changed = differing.map(key => [key, wanted[key]] as const);
  return {
    post_processor: { ...current, ...Object.fromEntries(changed) },
    settings: differing,
  };
}

/** The class makes the template itself, whatever the file holds. */
function boundaries({ given, vocabulary }: Loading, isFirstAdded: boolean): Changes {
  const { values, named } = given;
  const hasBos = (values.add_bos_token ?? isFirstAdded) === true;
  const hasEos = values.add_eos_token === true;
  return {
    post_processor: boundaryTemplate(
      vocabulary,
      hasBos ? named.bos_token : undefined,
      hasEos ? named.eos_token : undefined,
    ),
    settings: ['add_bos_token', 'add_eos_token'],
  };
}

/** With add_prefix_space the tokenizer is made anew from the SentencePiece model. */
function llamaPrefix({ given: { values } }: Loading): Changes {
  const prefix = values.add_prefix_space;
  if (typeof prefix !== 'boolean') return NONE;
  const isLegacy = values.legacy !== false;
  const spaces = { type: 'Replace', pattern: { String: ' ' }, content: '▁' };
  const normalizers = prefix ? [{ type: 'Prepend', prepend: '▁' }, spaces] : [spaces];
  return {
    normalizer: isLegacy ? { type: 'Sequence', normalizers } : null,
    pre_tokenizer: isLegacy ? null : metaspace(prefix ? 'first' : 'never', false),
    settings: ['add_prefix_space', 'legacy'],
  };
}
