import type {
  ComparedCell,
  ComparedLayer,
  ComparedPart,
  Probe,
} from '../../../protocol/firstDivergence';

/** The columns of the grid, in the order of computation. */
export const PART_COLUMNS = [
  'query',
  'key',
  'value',
  'maskedScores',
  'weights',
  'headOutput',
  'attentionOutput',
  'afterAttention',
  'feedForward',
  'residual',
] as const satisfies readonly ComparedPart[];

/** What each tensor is called. */
export const PART_NAMES: Readonly<Record<ComparedPart, string>> = {
  query: 'query',
  key: 'key',
  value: 'value',
  maskedScores: 'scores',
  weights: 'weights',
  headOutput: 'head output',
  attentionOutput: 'attention out',
  afterAttention: 'after attention',
  feedForward: 'feed-forward out',
  residual: 'residual',
  logits: 'output',
};

/** What each tensor is computed from. */
export const INPUTS: Readonly<Record<ComparedPart, string>> = {
  query: 'residual',
  key: 'residual',
  value: 'residual',
  maskedScores: 'queries and keys',
  weights: 'scores',
  headOutput: 'weights and values',
  attentionOutput: 'head outputs',
  afterAttention: 'attention output',
  feedForward: 'state after attention',
  residual: 'feed-forward output',
  logits: 'residual',
};

/** Tensors that are the same whichever attention of a layer is looked at. */
const OF_THE_LAYER: ReadonlySet<ComparedPart> = new Set(['feedForward', 'residual', 'logits']);
export const isOfTheLayer = (part: ComparedPart): boolean => OF_THE_LAYER.has(part);

/** What each probe is called. */
export const PROBE_NAMES: Readonly<Record<Probe, string>> = {
  text: 'Text',
  padded: 'Padded pair',
  long: 'Long text',
};

/** The view that shows a tensor of both runs, or of the main run where none shows both. */
export function ownerOf({ kind, layer }: Pick<ComparedCell, 'kind' | 'layer'>): string {
  if (layer === 'embeddings') return 'positions';
  if (kind === 'maskedScores' || kind === 'weights') return 'masking';
  return isOfTheLayer(kind) || kind === 'afterAttention' ? 'layers' : 'computation';
}

/** A row's name. */
export const layerName = (layer: ComparedLayer): string =>
  typeof layer === 'number' ? `layer ${layer}` : layer;

/** A place in a sentence: `L1 weights`, `decoder L1 cross weights`, `residual before L2`, `embeddings`. */
export function placeName(
  { stack, attention, layer, kind }: Pick<ComparedCell, 'stack' | 'attention' | 'layer' | 'kind'>,
  hasStacks: boolean,
): string {
  const of = hasStacks ? `${stack} ` : '';
  if (layer === 'embeddings') return `${of}embeddings`;
  if (layer === 'output')
    return kind === 'logits' ? 'output' : `${of}residual after the last layer`;
  if (kind === 'residual') return `${of}residual before L${layer}`;
  const cross = attention === 'cross' ? 'cross ' : '';
  return `${of}L${layer} ${cross}${PART_NAMES[kind]}`;
}

/** Whether two cells are of the same tensor. */
export const isSame = (one: ComparedCell, other: ComparedCell): boolean =>
  one.stack === other.stack &&
  one.attention === other.attention &&
  one.layer === other.layer &&
  one.kind === other.kind;
