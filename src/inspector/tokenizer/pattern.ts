import { ReplaceNormalizer } from '@huggingface/tokenizers';
import { brokenTokenizer, Fields } from './fields';

/** Matches nothing. */
const NEVER = /(?!)/gu;

/**
 * The global expression of a component's `pattern`, `{"String": …}` or `{"Regex": …}`. The
 * reference compiles expressions with Oniguruma; the library rewrites them for JavaScript.
 */
export function readPattern(component: Fields): RegExp {
  const fields = component.object('pattern');
  const regex = fields.raw('Regex');
  const pattern =
    regex === undefined ? { String: fields.string('String') } : { Regex: fields.string('Regex') };
  if (pattern.String === '') return NEVER;
  try {
    const { pattern: compiled } = new ReplaceNormalizer({ type: 'Replace', pattern, content: '' });
    if (compiled) return compiled;
  } catch (error) {
    throw brokenTokenizer(`the expression in “${fields.path}” is not one that can be used`, error);
  }
  throw brokenTokenizer(`“${fields.path}” must hold a String or a Regex`);
}

/** A global expression that matches `text` as it is. */
export function literal(text: string): RegExp {
  return new RegExp(text.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`), 'gu');
}
