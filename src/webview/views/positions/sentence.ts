import type { PositionScheme } from '../../../protocol/positions';
import { isCross, siteAt } from '../../reading/capture';
import { count } from '../../reading/format';
import type { Phrase } from '../../app/sentence';
import type { State } from '../../app/state';
import { found, positionsError } from './wanted';
import { positionPlace } from './positionPlace';

/** What a scheme does, after “This model”. */
function does(scheme: PositionScheme): string {
  switch (scheme.kind) {
    case 'learned':
      return `adds a learned vector for each of ${count(scheme.table.total)} positions`;
    case 'sinusoidal':
      return 'adds a fixed vector of sines and cosines for each position';
    case 'rotary':
      return 'rotates queries and keys by an angle that grows with their position';
    case 'relativeBias':
      return 'adds a learned bias to the scores, by head and distance';
    case 'alibi':
      return 'takes a penalty from the scores that grows with the distance, by head';
    case 'none':
      return 'tells its attention nothing about positions';
  }
}

/** “How does the model know order?”, from its own scheme and the locus. */
export function positionsSentence(state: State): Phrase[] {
  const { capture, locus } = state;
  const place = positionPlace(state);
  if (!capture || !locus || !place) return [];
  if (isCross(locus.block)) {
    return [
      'Cross-attention has no positions: ',
      { token: place.queryName, part: 'query' },
      ' and the keys stand in two sequences, which have no distance between them. The figures show the decoder’s own.',
    ];
  }
  const scheme = found(state, 'scheme')?.scheme;
  if (!scheme) {
    const error = positionsError(state, 'scheme');
    return error === null ? [] : [`What this model does with positions cannot be shown. ${error}`];
  }
  const who = capture.model.stacks.length > 1 ? `The ${place.stack} of this model` : 'This model';
  const others =
    scheme.kind === 'none'
      ? ` The schemes of others are shown${place.key === null ? '.' : ' at the same two positions.'}`
      : ` The other schemes are shown at the same ${place.key === null ? 'position' : 'two positions'}.`;
  return [`${who} ${does(scheme)}${causalOnly(state, scheme)}. `, ...standing(state), others];
}

/** A causal mask tells earlier from later by itself. */
function causalOnly({ capture, locus }: State, { kind }: PositionScheme): string {
  const mask = capture && locus && siteAt(capture, locus.block, locus.layer)?.mask.kind;
  return kind === 'none' && mask === 'causal'
    ? '; only the causal mask tells earlier from later'
    : '';
}

/** “it is at position 13 and tiger at 2, a distance of 11.” */
function standing(state: State): Phrase[] {
  const place = positionPlace(state);
  if (!place) return [];
  const query: Phrase = { token: place.queryName, part: 'query' };
  if (place.key === null || place.offset === null) {
    return [query, ` is at position ${place.query}.`];
  }
  if (place.offset === 0) return [query, ` is at position ${place.query} and reads itself.`];
  return [
    query,
    ` is at position ${place.query} and `,
    { token: place.keyName, part: 'key' },
    ` at ${place.key}, a distance of ${Math.abs(place.offset)}.`,
  ];
}
