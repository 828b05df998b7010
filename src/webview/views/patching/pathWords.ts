import type { Phrase } from '../../app/sentence';
import { percent } from '../../reading/format';
import type { ArgmaxPath, HeadShare } from './argmaxPath';

/** Heads that are named. */
const NAMED = 4;

/** What a path is told with. */
export interface PathNames {
  readonly layers: number;
  /** The token whose output is measured. */
  readonly place: number;
  /** A token's word, of the text that the states come from. */
  word(token: number): string;
  /** A token as a place: “token 7”, “the last token”. */
  placeName(token: number): string;
}

/**
 * Where the difference lies and what brings it on: “cat” lies on token 3 until layer 4; then L4H0 and L5H0
 * bring it to the last token.
 */
export function pathPhrases({ stays, carriers, best }: ArgmaxPath, names: PathNames): Phrase[] {
  const single = best
    ? ` One state (token ${best.token} before L${best.layer}) recovers ${percent(best.share)} of the difference between the two texts.`
    : '';
  const [first] = stays;
  if (!first) return ['No single token carries the difference.', single];
  const start: Phrase[] = [
    { token: `“${names.word(first.token)}”`, part: '' },
    ` lies on token ${first.token}`,
  ];
  const moves = stays.flatMap(({ token, until }, i): Phrase[] => {
    const isHome = token === names.place;
    // It has come to where it is measured: nothing more is to be told.
    if (isHome && i > 0 && i === stays.length - 1) return [];
    const target = stays[i + 1]?.token ?? names.place;
    if (target === token) return [until >= names.layers - 1 ? ' to the end' : ''];
    return [
      `${i > 0 ? ',' : ''} until layer ${until}; then `,
      ...bringing(carriers[i] ?? []),
      ` to ${names.placeName(target)}`,
    ];
  });
  return [...start, ...moves, '.', single].filter(phrase => phrase !== '');
}

const bringing = (carriers: readonly HeadShare[]): Phrase[] =>
  carriers.length === 0
    ? ['many heads together bring it']
    : [...listed(carriers), carriers.length === 1 ? ' brings it' : ' bring it'];

/** “L4H0 and L5H0”, in the order of the layers. */
function listed(heads: readonly HeadShare[]): Phrase[] {
  const named = heads
    .slice(0, NAMED)
    .sort((a, b) => a.layer - b.layer || a.head - b.head)
    .map(({ layer, head }): Phrase => ({ token: `L${layer}H${head}`, part: '' }));
  return named.flatMap((name, i): Phrase[] => {
    if (i === 0) return [name];
    return [i === named.length - 1 ? ' and ' : ', ', name];
  });
}
