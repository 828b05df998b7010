import type { ModelInput } from '../../../protocol/model';
import type { ValueInfo } from '../../onnx/file/types';
import { isRead, plainName } from '../../onnx/graph/inputRoles';
import { onlyLength, textsOf, type InputSignature, type MaskValues } from './inputSignature';
import { pictureNote } from './picture';
import { elementTypeName } from './runtimeTypes';

type Fed = Pick<ModelInput, 'fed' | 'why'>;

/**
 * Every input of a graph with what it is fed and why.
 * @param nameOutside under which it is fed
 */
export function inputCards(
  signature: InputSignature,
  nameOutside: (name: string) => string = name => name,
): readonly ModelInput[] {
  return signature.inputs.map((input): ModelInput => ({
    name: nameOutside(input.name),
    type: elementTypeName(input.elementType),
    ...(input.dims ? { shape: input.dims.map(dim => dim ?? null) } : {}),
    ...fedOf(input, signature),
    ...(isRead(signature.roles.get(input.name)) ? { isText: true } : {}),
  }));
}

/** Sentences on the only length that a graph takes, and on inputs that nobody knows the meaning of. */
export function inputNotes(signature: InputSignature): readonly string[] {
  return [...lengthNotes(signature), ...unknownNotes(signature)];
}

/** What a graph of one length does with texts of another. */
function lengthNotes(signature: InputSignature): readonly string[] {
  const { lengths, hidesPadding } = signature;
  const length = onlyLength(signature);
  if (signature.picture) return [pictureNote(signature.picture)];
  if (textsOf(signature).length > 1) {
    const each = [...lengths].map(([name, tokens]) => `${tokens} tokens of “${short(name)}”`);
    return each.length
      ? [`This graph takes exactly ${each.join(' and ')}: texts of another length are refused.`]
      : [];
  }
  if (length === undefined) return [];
  const others = hidesPadding
    ? 'shorter texts are filled up with padding, which is hidden from them and left out'
    : 'its padding could not be hidden, so texts of another length are refused';
  return [`This graph takes exactly ${length} tokens: ${others}.`];
}

function unknownNotes(signature: InputSignature): readonly string[] {
  return signature.inputs.flatMap(({ name }) => {
    const role = signature.roles.get(name);
    const values = signature.values.get(name);
    const isGuess = values?.known === 'assumed' && signature.given?.[name] === undefined;
    if ((role !== 'other' && role !== 'mask') || !isGuess) return [];
    return [
      `The input “${short(name)}” is fed ${values.visible}, because nothing tells what it is for: give another value if the model needs one.`,
    ];
  });
}

function short(name: string): string {
  return name.length > 80 ? `${name.slice(0, 80)}…` : name;
}

function fedOf(input: ValueInfo, signature: InputSignature): Fed {
  const { name } = input;
  const given = signature.given?.[name];
  if (given !== undefined) return { fed: shown(given), why: 'given by you' };
  const { roles, axes, lengths, firstPosition = 0, values } = signature;
  const role = roles.get(name);
  switch (role) {
    case 'tokens': {
      const length = lengths.get(name);
      const only = length === undefined ? '' : `, ${length} of them`;
      const order = axes
        ? `, ${axes === 'sequence' ? 'without a batch axis' : 'tokens before batch'}`
        : '';
      return { fed: `the token ids${only}${order}`, why: 'they come from the text' };
    }
    case 'hidden':
      return /embeds/.test(plainName(name))
        ? { fed: 'nothing', why: 'it must be given with --inputs' }
        : { fed: 'the states of the encoder', why: 'the decoder reads them' };
    case 'mask':
    case 'other':
      return maskFed(values.get(name));
    case 'globalMask':
      return { fed: '0 for every token', why: 'no token is marked to read everything' };
    case 'positions':
      return {
        fed: `positions from ${firstPosition}`,
        why:
          firstPosition > 0
            ? 'the model counts from after the padding id'
            : 'tokens are counted in their order',
      };
    case 'segments':
      return { fed: '0 for every token', why: 'one text, of the first kind' };
    case 'lengths':
      return { fed: 'the number of tokens', why: 'named so' };
    case 'signal':
      return {
        fed: '0 for every number',
        why: 'another tower reads it: what is shown is the text’s, give pixels or sounds with --inputs',
      };
    case 'picture':
      return { fed: 'the pixels', why: 'its patches are the tokens; given with --inputs' };
    case 'otherText':
      return {
        fed: '0 for every number',
        why: 'another tower reads it: what is shown is the tower of the pixels',
      };
    case 'past':
      return { fed: 'an empty past', why: 'the text is read from its beginning' };
    case 'flag':
      return { fed: 'false', why: 'no past is used' };
    case 'factor':
      return factorFed(values.get(name));
    case undefined:
      return { fed: '0', why: 'nothing tells what it is for' };
  }
}

function factorFed({ visible, hidden, known }: MaskValues = ONE): Fed {
  const why =
    known === 'name'
      ? 'multiplied with 1, or divided by it, everything stays as it is'
      : `with ${hidden} every token would be hidden`;
  return { fed: String(visible), why };
}

const ONE: MaskValues = { visible: 1, hidden: 0, known: 'name' };

function maskFed(values: MaskValues | undefined): Fed {
  const { visible = 0, hidden = 0, known = 'assumed' } = values ?? {};
  const fed = `${visible} for every token`;
  if (known === 'name') return { fed, why: 'named so' };
  if (known === 'assumed') return { fed: `${visible}`, why: 'nothing tells what it is for' };
  return { fed, why: `with ${hidden} every token would be hidden` };
}

function shown(value: number | readonly number[]): string {
  if (typeof value === 'number') return String(value);
  const first = value.slice(0, 8).join(', ');
  return value.length > 8 ? `${first}, … (${value.length} numbers)` : first;
}
