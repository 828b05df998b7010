import { bareLabel } from '../../reading/tokenText';
import { comparedBy } from '../../app/comparison';
import type { Phrase } from '../../app/sentence';
import type { State } from '../../app/state';
import { pathOf } from './cells';
import { isMeasuredStack, pairOf, placeName, unfit } from './pair';
import { pathPhrases } from './pathWords';
import { mapSize, measureOf, placeOf, whyUnknown } from './wanted';

/** Which token carries the difference between the texts, and which heads bring it to the place. */
export function patchingSentence(state: State): readonly Phrase[] {
  const pair = pairOf(state);
  if (!pair) return waiting(state);
  const reason =
    unfit(pair) ??
    state.patching.run?.error?.message ??
    whyUnknown(state, 'ofA') ??
    whyUnknown(state, 'ofB');
  if (reason !== null) return [reason];
  const [place, path, size] = [placeOf(state), pathOf(state), mapSize(state)];
  if (!place || !path || !size) {
    return measureOf(state) ? ['Each cell is one run with one state changed.'] : [];
  }
  const { tokensOfA, tokensOfB } = pair;
  // The output of another stack is at none of these tokens.
  const at = isMeasuredStack(pair) ? place.token : -1;
  const source = state.options.patching.direction === 'intoB' ? tokensOfA : tokensOfB;
  return pathPhrases(path, {
    layers: size.layers,
    place: at,
    word: token => bareLabel(source[token]),
    placeName: token => {
      if (token < 0) return 'the decoder';
      const name = token === at ? placeName(pair, token) : 'token';
      if (name === 'token') return `token ${token}`;
      return name.startsWith('last') ? `the ${name}` : name;
    },
  });
}

/** Why there is nothing to patch yet. */
function waiting(state: State): readonly Phrase[] {
  const { other } = state.sides;
  if (comparedBy(state) !== 'text') return [];
  if (other.kind === 'failed') return [`Text B could not be run: ${other.error.message}`];
  return ['Text B is run.'];
}
