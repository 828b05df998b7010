import type { EncodedToken } from '../encodedToken';
import { brokenTokenizer, type Fields } from '../fields';
import { checkId } from '../model/vocabulary';
import type { PostProcessor } from './postProcessor';

/** An item of a template: a whole text, or special tokens. */
type TemplateItem =
  | { readonly sequence: number; readonly typeId: number }
  | { readonly tokens: readonly EncodedToken[] };

/** How templates name the texts. */
const TEXTS = ['$A', '$B'];

/** A token that no character stands behind. */
export function specialToken(id: number, token: string, typeId: number): EncodedToken {
  return {
    id,
    token,
    start: 0,
    end: 0,
    special: true,
    unknown: false,
    continues: false,
    sequence: undefined,
    typeId,
  };
}

/** A post-processor that fills one template for a text and one for a pair. */
export function template(
  type: string,
  single: readonly TemplateItem[],
  pair: readonly TemplateItem[],
): PostProcessor {
  return {
    type,
    addedCount: isPair =>
      (isPair ? pair : single).reduce(
        (count, item) => count + ('tokens' in item ? item.tokens.length : 0),
        0,
      ),
    template: isPair =>
      (isPair ? pair : single)
        .flatMap(item =>
          'tokens' in item ? item.tokens.map(({ token }) => token) : TEXTS[item.sequence],
        )
        .join(' '),
    process(texts, _sources, addsSpecialTokens) {
      const items = texts.length > 1 ? pair : single;
      return [
        items.flatMap(item => {
          if ('tokens' in item) return addsSpecialTokens ? item.tokens : [];
          return (texts[item.sequence] ?? []).map(token => ({ ...token, typeId: item.typeId }));
        }),
      ];
    },
  };
}

/** `TemplateProcessing`. */
export function templateProcessing(fields: Fields): PostProcessor {
  return template(fields.type, readItems(fields, 'single'), readItems(fields, 'pair'));
}

function readItems(fields: Fields, key: 'single' | 'pair'): TemplateItem[] {
  return fields.objects(key).map(item => {
    if (item.raw('Sequence') !== undefined) {
      const sequence = item.object('Sequence');
      return {
        sequence: sequence.choice('id', ['A', 'B']) === 'A' ? 0 : 1,
        typeId: sequence.integer('type_id', 0),
      };
    }
    const reference = item.object('SpecialToken');
    const typeId = reference.integer('type_id', 0);
    const token = fields.object('special_tokens').object(reference.string('id'));
    const names = token.list('tokens');
    const tokens = token.list('ids').map((id, i) => {
      const name = names[i];
      if (typeof name === 'string') return specialToken(checkId(id, name), name, typeId);
      throw brokenTokenizer(`“${token.path}” has more ids than tokens`);
    });
    return { tokens };
  });
}

/** `BertProcessing`: `[CLS] A [SEP]`, `[CLS] A [SEP] B [SEP]`. */
export function bertProcessing(fields: Fields): PostProcessor {
  const cls = readToken(fields, 'cls');
  const sep = readToken(fields, 'sep');
  const single = [{ tokens: [cls] }, { sequence: 0, typeId: 0 }, { tokens: [sep] }];
  const second = [{ sequence: 1, typeId: 1 }, { tokens: [{ ...sep, typeId: 1 }] }];
  return template(fields.type, single, [...single, ...second]);
}

/** The part of `RobertaProcessing` that adds tokens: `<s> A </s>`, `<s> A </s></s> B </s>`. */
export function robertaTemplate(fields: Fields): PostProcessor {
  const cls = readToken(fields, 'cls');
  const sep = readToken(fields, 'sep');
  const single = [{ tokens: [cls] }, { sequence: 0, typeId: 0 }, { tokens: [sep] }];
  const second = [{ tokens: [sep] }, { sequence: 1, typeId: 0 }, { tokens: [sep] }];
  return template(fields.type, single, [...single, ...second]);
}

function readToken(fields: Fields, key: 'cls' | 'sep'): EncodedToken {
  const [token, id] = fields.list(key);
  if (typeof token === 'string') return specialToken(checkId(id, token), token, 0);
  throw brokenTokenizer(`“${fields.path}.${key}” must be a token with its id`);
}
