import { range, scaleLinear, select } from 'd3';
import type { UnigramSteps, LatticePiece } from '../../../protocol/tokenTrace';
import { el } from '../../kit/dom';
import { counted, score } from '../../reading/format';
import { visible } from '../../reading/tokenText';

/** Words and lattices up to this size are drawn. */
const MOST_CHARACTERS = 28;
const MOST_PIECES = 90;

const LANE = 24;
const BOX = 20;
const TOP = 20;
/** Width of a character, so that a piece of one holds its score. */
const STEP = 44;

/** Whether the lattice of a word is small enough to be legible. */
export const fitsLattice = ({ lattice }: UnigramSteps, word: string): boolean =>
  word.length <= MOST_CHARACTERS && lattice.length <= MOST_PIECES;

/** The candidates as boxes over the characters that they cover; the taken ones are filled. */
export function drawLattice(
  { lattice }: UnigramSteps,
  word: string,
  best: readonly string[],
): HTMLElement {
  const pieces = laneOut(lattice, best);
  const lanes = 1 + Math.max(0, ...pieces.map(piece => piece.lane));
  const x = scaleLinear([0, word.length], [1, 1 + word.length * STEP]);
  const [width, height] = [x(word.length) + 1, TOP + lanes * LANE];
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const root = select(svg)
    .attr('class', 'lattice')
    .attr('width', width)
    .attr('height', height)
    .attr('role', 'img')
    .attr(
      'aria-label',
      `Lattice of ${counted(lattice.length, 'piece')}; the one that was taken: ${best.map(visible).join(' ')}`,
    );
  root
    .selectAll('line')
    .data(range(word.length + 1))
    .join('line')
    .attr('x1', at => x(at))
    .attr('x2', at => x(at))
    .attr('y1', TOP - 4)
    .attr('y2', height);
  root
    .selectAll('text.character')
    .data(Array.from(charactersOf(word)))
    .join('text')
    .attr('class', 'character')
    .attr('x', ({ from, to }) => (x(from) + x(to)) / 2)
    .attr('y', 12)
    .text(({ text }) => visible(text));
  const groups = root
    .selectAll<SVGGElement, LanedPiece>('g')
    .data(pieces)
    .join('g')
    .attr('class', piece =>
      ['piece', piece.taken ? 'taken' : '', piece.known ? '' : 'unknown'].filter(Boolean).join(' '),
    )
    .attr('transform', piece => `translate(${x(piece.from)},${TOP + piece.lane * LANE})`);
  groups
    .append('rect')
    .attr('x', 2)
    .attr('width', piece => x(piece.to) - x(piece.from) - 4)
    .attr('height', BOX)
    .attr('rx', 2);
  groups
    .append('text')
    .attr('x', piece => (x(piece.to) - x(piece.from)) / 2)
    .attr('y', BOX / 2)
    .attr('dy', '0.35em')
    .text(piece =>
      piece.to - piece.from > 2
        ? `${visible(piece.text)} ${score(piece.score)}`
        : score(piece.score),
    );
  groups
    .append('title')
    .text(
      piece =>
        `${visible(piece.text)}, log probability ${score(piece.score)}${piece.known ? '' : ', not in the vocabulary'}`,
    );
  const frame = el('div.lattice-frame', {
    tabindex: 0,
    role: 'group',
    'aria-label': 'Lattice, scrolls sideways',
  });
  frame.append(svg);
  return frame;
}

/** Characters with their UTF-16 units. */
function* charactersOf(word: string): Generator<{ text: string; from: number; to: number }> {
  let from = 0;
  for (const text of word) {
    yield { text, from, to: from + text.length };
    from += text.length;
  }
}

/** A candidate with the lane in which it is drawn. */
interface LanedPiece extends LatticePiece {
  readonly lane: number;
  /** It is a piece of the segmentation that was taken. */
  readonly taken: boolean;
}

/** Puts the candidates into lanes without overlaps: the taken ones on top, then the longest. */
export function laneOut(lattice: readonly LatticePiece[], best: readonly string[]): LanedPiece[] {
  const starts = new Map<number, string>();
  let at = 0;
  for (const piece of best) {
    starts.set(at, piece);
    at += piece.length;
  }
  const isTaken = (piece: LatticePiece): boolean => starts.get(piece.from) === piece.text;
  const ordered = [...lattice].sort(
    (a, b) =>
      Number(isTaken(b)) - Number(isTaken(a)) || b.to - b.from - (a.to - a.from) || a.from - b.from,
  );
  const lanes: LatticePiece[][] = [];
  return ordered.map(piece => {
    const isFree = (lane: readonly LatticePiece[], i: number): boolean =>
      (i > 0 || isTaken(piece)) &&
      lane.every(other => other.to <= piece.from || piece.to <= other.from);
    let lane = lanes.findIndex(isFree);
    if (lane < 0) {
      if (lanes.length === 0 && !isTaken(piece)) lanes.push([]);
      lane = lanes.push([]) - 1;
    }
    lanes[lane]?.push(piece);
    return { ...piece, lane, taken: isTaken(piece) };
  });
}
