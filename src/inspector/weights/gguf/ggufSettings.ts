import type { GgufMetadata } from './ggufMetadata';
import { ggufVocabulary, type TokenPart } from './ggufVocabulary';

type Fields = Readonly<Record<string, unknown>>;

const TEMPLATE = 'tokenizer.chat_template';
const NAMED: readonly TokenPart[] = ['bos', 'eos', 'unk', 'sep', 'pad', 'cls', 'mask'];
/** Tokens that end what a model writes. */
const ENDS: readonly TokenPart[] = ['eos', 'eot', 'eom'];

/** What a GGUF file says of its tokenizer, as `tokenizer_config.json` says it. */
export function ggufTokenizerSettings(metadata: GgufMetadata): Fields {
  const vocabulary = ggufVocabulary(metadata);
  const templates = templatesOf(metadata);
  const named = NAMED.flatMap(part => {
    const token = vocabulary?.spellingOf(part);
    return token === undefined ? [] : [[`${part}_token`, token] as const];
  });
  return {
    ...Object.fromEntries(named),
    ...(vocabulary?.addsBos === undefined ? {} : { add_bos_token: vocabulary.addsBos }),
    ...(vocabulary?.addsEos === undefined ? {} : { add_eos_token: vocabulary.addsEos }),
    ...(templates.length === 0 ? {} : { chat_template: templates }),
  };
}

/** The template of conversations, which is the default one, and those that have names. */
function templatesOf(metadata: GgufMetadata): Fields[] {
  return metadata.keys
    .filter(key => key === TEMPLATE || key.startsWith(`${TEMPLATE}.`))
    .map(key => ({
      name: key === TEMPLATE ? 'default' : key.slice(TEMPLATE.length + 1),
      template: metadata.text(key),
    }));
}

/** What a GGUF file says of how its model writes, as `generation_config.json` says it. */
export function ggufGeneration(metadata: GgufMetadata): Fields {
  const vocabulary = ggufVocabulary(metadata);
  const idOf = (part: TokenPart) => vocabulary?.idOf(part);
  const ends = [...new Set(ENDS.map(idOf).filter(id => id !== undefined))];
  const [bos, pad] = [idOf('bos'), idOf('pad')];
  return {
    ...(ends.length === 0 ? {} : { eos_token_id: ends }),
    ...(bos === undefined ? {} : { bos_token_id: bos }),
    ...(pad === undefined ? {} : { pad_token_id: pad }),
  };
}
