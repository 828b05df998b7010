import type { Stack } from '../../../protocol/model';
import { ask } from '../../kit/ask';
import { label } from '../../reading/tokenText';
import type { Panel } from '../panel';
import {
  embeddingReplaced,
  readPairs,
  statePatched,
  stateSteered,
  tokenEdited,
  type StatePlace,
} from './make';

type Asker = Pick<Panel, 'store' | 'interventions'>;

const nameOf = ({ store }: Asker, stack: Stack, token: number): string =>
  label(store.state.capture?.tokens[stack]?.[token]);

const textAt = ({ store }: Asker, stack: Stack, token: number): string =>
  store.state.capture?.tokens[stack]?.[token]?.text ?? '';

/** Asks what a token is to be, and adds that. */
export async function askEdit(panel: Asker, stack: Stack, token: number): Promise<void> {
  const answer = await ask(
    `Edit token ${token}, ${nameOf(panel, stack, token)}`,
    'One entry of the vocabulary takes its place; all other tokens stay. A space before it counts.',
    [{ label: 'Read instead', value: textAt(panel, stack, token) }],
    'Edit',
  );
  const text = answer?.[0];
  if (text) panel.interventions.add(tokenEdited(stack, token, text));
}

/** Asks whose embedding a token is to have, and adds that. */
export async function askEmbedding(panel: Asker, stack: Stack, token: number): Promise<void> {
  const answer = await ask(
    `Replace the embedding of ${nameOf(panel, stack, token)}`,
    'The stream begins with the embedding of another entry of the vocabulary; the token itself stays.',
    [{ label: 'Embedding of', value: textAt(panel, stack, token) }],
    'Replace',
  );
  const text = answer?.[0];
  if (text) panel.interventions.add(embeddingReplaced(stack, token, text));
}

/** Asks which text a state is to come from, and adds that. */
export async function askPatch(panel: Asker, place: StatePlace): Promise<void> {
  const { capture, options } = panel.store.state;
  const { otherText } = options.masking;
  const answer = await ask(
    `Patch the state before L${place.layer} at ${nameOf(panel, place.stack, place.token)}`,
    'The model is run on text B, too, and the state of the same token is taken from there. Both texts must have equally many tokens.',
    [
      {
        label: 'Text B',
        value: otherText === '' ? (capture?.text ?? '') : otherText,
        isLong: true,
      },
    ],
    'Patch',
  );
  const text = answer?.[0];
  if (text) panel.interventions.add(statePatched(place, text));
}

/** Asks for pairs of texts that tell a direction, and adds it. */
export async function askDirection(panel: Asker, place: StatePlace): Promise<void> {
  const answer = await ask(
    `Add a direction before L${place.layer} at ${nameOf(panel, place.stack, place.token)}`,
    'The direction is the mean difference of one token’s state in pairs of texts: what the first text of a pair has there and the second one has not.',
    [
      {
        label: 'Pairs, one a line: text with it | text without it',
        placeholder: 'The cats near the house | The cat near the house',
        isLong: true,
      },
      { label: 'Number of the token in these texts', value: String(place.token) },
    ],
    'Add',
  );
  if (!answer) return;
  const [lines = '', token = ''] = answer;
  const number = Number(token);
  const pairs = readPairs(lines, Number.isInteger(number) && number >= 0 ? number : place.token);
  if (pairs) panel.interventions.add(stateSteered(place, pairs));
}
