import type { Computation } from '../../../protocol/computation';

/** A vector with its name and what it is, for the table of the output. */
export type VectorRow = readonly [name: string, detail: string, vector: Float32Array];

/** What comes between the head output and W_O where the model has a gate there; nothing else. */
export function gateRows({ headOutput, gate }: Computation): readonly VectorRow[] {
  if (!headOutput || !gate) return [];
  const numbers = `${gate.length} numbers, each multiplies one of z`;
  const detail = gate.length === 1 ? 'one number for the whole head' : numbers;
  return [
    ['gate g', detail, gate],
    ['z × g', 'what W_O takes of this head', gatedOutput(headOutput, gate)],
  ];
}

/** The head output times its gate. */
export const gatedOutput = (headOutput: Float32Array, gate: Float32Array): Float32Array =>
  headOutput.map((value, i) => value * (gate[gate.length === 1 ? 0 : i] ?? NaN));
