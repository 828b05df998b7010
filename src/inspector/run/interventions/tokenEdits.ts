import { isOn, type Intervention } from '../../../protocol/intervention';
import type { ModelCard } from '../../../protocol/model';
import type { Token } from '../../../protocol/tokens';
import type { AlignedTokenizer } from '../../tokenizer/types';
import { entryText } from '../../tokenizer/vocabularyText';
import type { StackTokens } from '../modelInput';
import { chosenTokens, stackOf, wrong } from './target';
import { numbered } from './numbered';

/**
 * The tokens that stacks read, with those that interventions edit replaced with other entries of the
 * vocabulary. Each keeps its place in the text.
 * @throws InspectorError `inputs-wrong`
 */
export function editedTokens(
  card: ModelCard,
  tokenizer: AlignedTokenizer,
  tokens: StackTokens,
  list: readonly Intervention[],
): StackTokens {
  return list.reduce(
    (read, one, i) =>
      isOn(one) && one.at.point === 'token'
        ? numbered(i, () => edited(card, tokenizer, read, one))
        : read,
    tokens,
  );
}

function edited(
  card: ModelCard,
  tokenizer: AlignedTokenizer,
  tokens: StackTokens,
  { at, how, only }: Intervention,
): StackTokens {
  const stack = stackOf(card, at);
  const own = tokens[stack] ?? [];
  if (!at.tokens && only?.token === undefined && !only?.positions) {
    throw wrong('Name the tokens that become another one.');
  }
  const places = new Set(chosenTokens(own, { at, ...(only ? { only } : {}) }));
  const id = entryOf(card, tokenizer, how);
  const spelling = tokenizer.tokenOf(id) ?? `#${id}`;
  const replaced = own.map((token): Token =>
    places.has(token.index)
      ? { ...token, id, token: spelling, text: entryText(tokenizer, id), unknown: false }
      : token,
  );
  return { ...tokens, [stack]: replaced };
}

/**
 * The vocabulary entry that an intervention names.
 * @throws InspectorError `inputs-wrong` where a text is no one token
 */
export function entryOf(
  { vocabulary, name }: Pick<ModelCard, 'vocabulary' | 'name'>,
  tokenizer: AlignedTokenizer,
  how: Intervention['how'],
): number {
  if ('id' in how) {
    if (vocabulary === 0 || how.id < vocabulary) return how.id;
    throw wrong(
      `The vocabulary of ${name} has the entries 0 to ${vocabulary - 1}: there is no entry ${how.id}.`,
    );
  }
  if (!('text' in how)) {
    throw wrong(
      'A token becomes another one: name it by its text or by its number in the vocabulary.',
    );
  }
  const { tokens } = tokenizer.encode(how.text, { addSpecialTokens: false });
  const [only, ...others] = tokens;
  if (only && others.length === 0) return only.id;
  if (!only) throw wrong(`The tokenizer makes no token of “${how.text}”: choose another text.`);
  const pieces = tokens.map(({ token }) => token).join(' | ');
  throw wrong(
    `“${how.text}” is ${tokens.length} tokens (${pieces}), and one token becomes one: choose a text that is one, mind the space before it, or name an entry by its number.`,
  );
}
