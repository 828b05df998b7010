import type { Node } from '../file/types';
import type { Analysis } from '../graph/analysis';
import { trigonometry } from '../graph/origin';
import type { FoundSite } from '../graph/site';

/** What a rotary encoding is made with, as tensors of the graph. */
export interface RotationTensors {
  /** What sines and cosines are taken of: position × frequency, `[…, tokens, …, width]`. */
  readonly angles: readonly string[];
  /** Stored sines or cosines `[…, positions, width]` that are looked up by position. */
  readonly tables: readonly string[];
  /** What vectors are multiplied with: copies of sines and cosines, by token. */
  readonly factors: readonly string[];
  /** Whether an operator says that its pairs are neighbours. */
  readonly isInterleaved?: boolean;
}

/** More nodes than this do not lie between stored sines and the product. */
const maximumLookup = 30;

/** Finds where the positions enter the rotation of a site's queries and keys. */
export function rotationTensors(analysis: Analysis, site: FoundSite): RotationTensors {
  const angles = new Set<string>();
  const tables = new Set<string>();
  const factors = new Set<string>();
  let isInterleaved: boolean | undefined;
  for (const node of new Set([...site.query.nodes, ...site.key.nodes, site.node])) {
    const operands = factorsOf(analysis, node);
    for (const operand of operands) {
      const angle = trigonometry(analysis, operand)?.inputs[0];
      const table = angle === undefined ? storedRows(analysis, operand) : undefined;
      if (angle !== undefined) angles.add(angle);
      if (table !== undefined) tables.add(table);
      if (angle !== undefined || table !== undefined) factors.add(operand);
    }
    if (operands.length > 1) isInterleaved = saysInterleaved(node);
  }
  return {
    angles: [...angles],
    tables: [...tables],
    factors: [...factors],
    ...(isInterleaved === undefined ? {} : { isInterleaved }),
  };
}

/** What a node multiplies vectors with: sines, cosines, and whatever else a product takes. */
function factorsOf({ labels }: Analysis, { operator, domain, inputs, attributes }: Node): string[] {
  const at = (...places: number[]) => places.flatMap(i => inputs[i] ?? []).filter(Boolean);
  if (operator === 'RotaryEmbedding') return domain ? at(2, 3) : at(1, 2);
  if (operator === 'GroupQueryAttention') {
    return (attributes.get('do_rotary')?.int ?? 0) === 1 ? at(7, 8) : [];
  }
  const isProduct = operator === 'Mul' && inputs.some(input => labels.isHidden(input));
  return isProduct ? inputs.filter(input => input && !labels.isHidden(input)) : [];
}

function saysInterleaved({ operator, attributes }: Node): boolean {
  const name = operator === 'GroupQueryAttention' ? 'rotary_interleaved' : 'interleaved';
  return (attributes.get(name)?.int ?? 0) === 1;
}

/** The stored tensor with a row for each position that a factor is looked up in. */
function storedRows({ index, constants }: Analysis, factor: string): string | undefined {
  const seen = new Set([factor]);
  for (const current of seen) {
    const stored = constants.of(current)?.stored;
    if (stored) {
      if ((stored.dims.at(-2) ?? 1) > 1 && (stored.dims.at(-1) ?? 1) > 1) return stored.name;
      continue;
    }
    const node = index.producer(current);
    const [first] = node?.inputs ?? [];
    if (first && seen.size < maximumLookup) seen.add(first);
  }
  return undefined;
}
