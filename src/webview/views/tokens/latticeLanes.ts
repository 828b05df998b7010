import type { LatticePiece } from '../../../protocol/tokenTrace';

/** A candidate with the lane in which it is drawn. */
export interface LanedPiece extends LatticePiece {
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
