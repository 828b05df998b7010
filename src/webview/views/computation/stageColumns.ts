import type { Computation } from '../../../protocol/computation';
import { number } from '../../reading/numbers';
import { scaleText } from './sentence';
import { Stage } from '../../app/choices/step';

/** One column of the table of stages. */
export interface Column {
  readonly id:
    'token' | 'k' | 'products' | 'sum' | 'score' | 'capped' | 'mask' | 'weight' | 'value';
  /** The stage that computes it; 0 for the names of the keys. */
  readonly stage: number;
  /** Opens the stage's first column. */
  readonly title?: string;
  readonly detail?: string;
  readonly caption: string;
}

/** The columns that this model's attention has. */
export function columnsOf(value: Computation, stage: number): Column[] {
  const { headDim, scale, softCap, bias, qUnrotated, weights } = value;
  const numbers = `${headDim} dimensions`;
  return [
    { id: 'token', stage: 0, caption: 'key' },
    {
      id: 'k',
      stage: Stage.project,
      title: 'Project',
      detail: qUnrotated ? 'k = RoPE(W_K x)' : 'k = W_K x',
      caption: `k, ${numbers}`,
    },
    {
      id: 'products',
      stage: Stage.dotProduct,
      title: 'Dot product',
      detail: 'q ∘ k, summed',
      caption: 'q ∘ k',
    },
    { id: 'sum', stage: Stage.dotProduct, caption: 'Σ' },
    {
      id: 'score',
      stage: Stage.scale,
      title: 'Scale',
      detail: scaleText(scale, headDim),
      caption: 'score',
    },
    ...(softCap === undefined
      ? []
      : [
          {
            id: 'capped',
            stage: Stage.scale,
            detail: `± ${number(softCap, softCap % 1 === 0 ? 0 : 2)}`,
            caption: 'capped',
          } as const,
        ]),
    {
      id: 'mask',
      stage: Stage.mask,
      title: 'Mask',
      detail: bias ? '+ M + B' : '+ M',
      caption: bias ? 'M + B' : 'M',
    },
    {
      id: 'weight',
      stage: Stage.softmax,
      title: 'Softmax',
      detail: `over ${weights.length} keys`,
      caption: 'weight α',
    },
    {
      id: 'value',
      stage: Stage.weightedSum,
      title: 'Weighted sum',
      detail: 'α · v',
      caption: stage >= Stage.weightedSum ? 'α · v, relative to the largest α' : `v, ${numbers}`,
    },
  ];
}

/** Widths of the columns of vectors, in CSS pixels. */
export interface VectorWidths {
  readonly k: number;
  readonly products: number;
  readonly value: number;
}

const LARGEST: VectorWidths = { k: 192, products: 128, value: 192 };
const GAP = 10;
const FIXED: Readonly<Partial<Record<Column['id'], number>>> = {
  sum: 50,
  score: 50,
  capped: 50,
  mask: 54,
  weight: 126,
};
/** Narrowest columns of vectors, as a share of the largest ones. */
const SMALLEST = 0.4;

/** Fits the columns into a width: vectors give way first, then names of tokens. */
export function layoutColumns(
  columns: readonly Column[],
  available: number,
  nameWidth: number,
): { readonly vectors: VectorWidths; readonly template: string; readonly name: number } {
  const fixed = columns.reduce((sum, { id }) => sum + (FIXED[id] ?? 0), 0);
  const gaps = GAP * (columns.length - 1);
  const name = Math.max(44, Math.min(nameWidth, available > 800 ? 104 : 72));
  const room = available - fixed - gaps - name;
  const whole = LARGEST.k + LARGEST.products + LARGEST.value;
  const share = Math.max(SMALLEST, Math.min(1, room / whole));
  const vectors = {
    k: Math.floor(LARGEST.k * share),
    products: Math.floor(LARGEST.products * share),
    value: Math.floor(LARGEST.value * share),
  };
  const widths = columns.map(({ id }) =>
    id === 'token' ? name : id in vectors ? vectors[id as keyof VectorWidths] : (FIXED[id] ?? 0),
  );
  return { vectors, template: widths.map(width => `${width}px`).join(' '), name };
}
