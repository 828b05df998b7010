import type { Block, HeadChoice } from '../../protocol/capture';

/** What the large map shows of a layer. */
export const AGGREGATES = ['head', 'mean', 'max', 'rollout', 'norm'] as const;
export type Aggregate = (typeof AGGREGATES)[number];

/** Where in a capture every view stands, like a debugger's stack frame. */
export interface Locus {
  readonly block: Block;
  readonly layer: number;
  /** Also remembered while mean or maximum is shown. */
  readonly head: number;
  readonly aggregate: Aggregate;
  readonly query: number;
  /** Null after Esc cleared it. */
  readonly key: number | null;
}

/** Whether one head is on show, rather than all heads of the layer put together. */
export const isSingleHead = ({ aggregate }: Locus): boolean =>
  aggregate === 'head' || aggregate === 'norm';

/** A map of a run: of one head, or of all of a layer put together. */
export interface MapPlace {
  readonly block: Block;
  readonly layer: number;
  readonly head: HeadChoice;
}

/** The map that the locus is in. */
export const mapPlace = (locus: Locus): MapPlace => ({
  block: locus.block,
  layer: locus.layer,
  head: headChoice(locus),
});

/** The head, or the way in which the layer's heads are put together. */
export const headChoice = ({ aggregate, head }: Locus): HeadChoice =>
  aggregate === 'head' || aggregate === 'norm' ? head : aggregate;
