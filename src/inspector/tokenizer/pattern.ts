import { translateExpression } from './expression/oniguruma';
import { ExpressionError } from './expression/refusal';
import { brokenTokenizer, Fields } from './fields';

/** Matches nothing. */
const NEVER = /(?!)/gu;

/**
 * The global expression of a component's `pattern`, `{"String": …}` or `{"Regex": …}`, which the
 * reference compiles with Oniguruma.
 * @throws InspectorError `tokenizer-broken` that names what cannot be translated
 */
export function readPattern(component: Fields): RegExp {
  const fields = component.object('pattern');
  if (fields.raw('Regex') === undefined) {
    const text = fields.string('String');
    return text === '' ? NEVER : literal(text);
  }
  const source = fields.string('Regex');
  try {
    return translateExpression(source);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    throw brokenTokenizer(
      `the expression in “${fields.path}” is not one that can be used: ${error.message} (“${source}”)`,
      error,
    );
  }
}

/** A global expression that matches `text` as it is. */
export function literal(text: string): RegExp {
  return new RegExp(text.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`), 'gu');
}
