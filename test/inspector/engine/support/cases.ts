import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Feed, Feeds } from '../../../../src/inspector/model/run';
import {
  readSafetensors,
  toFloat32,
  type Safetensors,
} from '../../../../src/inspector/files/safetensors';
import type { Tensor } from '../../../../src/inspector/runtime/tensor';

/** `case.json` of a fixture, as far as the tests read it. */
export interface CaseFacts {
  readonly name: string;
  readonly precision: string;
  readonly n_sites: number;
  readonly site_kinds: readonly string[];
  readonly mask_kind: readonly string[];
  readonly heads: readonly number[];
  readonly kv_heads: 'same' | number;
  readonly head_dim: readonly number[];
  readonly scale?: readonly number[];
  readonly positions?: string;
  readonly tolerances: Readonly<Record<string, number>>;
  /** The graph's output that the reference holds. */
  readonly output: string;
  /** Part of the sentence with which the model is refused, if it is. */
  readonly refused?: string;
  readonly interventions?: readonly CaseIntervention[];
}

export interface CaseIntervention {
  readonly site: number;
  readonly kind: 'head_off' | 'edge_off';
  readonly head?: number;
  readonly query?: number;
  readonly key?: number;
  readonly reference: string;
}

/** A model with inputs and what Hugging Face's eager attention computes for them. */
export interface Case {
  readonly folder: string;
  readonly facts: CaseFacts;
  readonly feeds: Feeds;
  readonly reference: Safetensors;
}

const fixtures = join(import.meta.dirname, '../../../fixtures/onnx');

/** Folders of the committed cases, and of those in `ATTENTION_DEBUGGER_CASES`. */
export function caseFolders(): string[] {
  const roots = [fixtures, process.env.ATTENTION_DEBUGGER_CASES ?? ''].filter(existsSync);
  return roots.flatMap(casesIn);
}

/** Folders of the cases in a folder. */
export function casesIn(root: string): string[] {
  return readdirSync(root)
    .sort()
    .map(name => join(root, name))
    .filter(folder => existsSync(join(folder, 'case.json')));
}

/** The folder of a committed case. */
export function fixture(name: string): string {
  return join(fixtures, name);
}

export function readCase(folder: string): Case {
  const read = (file: string) => readSafetensors(readFileSync(join(folder, file)));
  return {
    folder,
    facts: JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as CaseFacts,
    feeds: Object.fromEntries(read('inputs.safetensors')) as Record<string, Feed>,
    reference: read('reference.safetensors'),
  };
}

/** A reference tensor as float32. */
export function referenceOf({ reference }: Case, name: string): Tensor | undefined {
  const entry = reference.get(name);
  return entry && { dims: entry.dims, data: toFloat32(entry) };
}

/** Below this a score is masked, whatever number an implementation writes there. */
const maskedBelow = -1e3;

/** Largest absolute difference; masked entries only have to be masked in both. */
export function worstError(actual: Tensor | undefined, expected: Tensor, factor = 1): number {
  if (actual?.data.length !== expected.data.length) return Infinity;
  let worst = 0;
  for (const [i, value] of expected.data.entries()) {
    const other = (actual.data[i] ?? NaN) * factor;
    if (value < maskedBelow) {
      if (!(other < maskedBelow)) return Infinity;
      continue;
    }
    const error = Math.abs(other - value);
    if (!(error <= worst)) worst = error;
  }
  return worst;
}

/** Repeats key and value heads for the query heads that share them. */
export function repeatHeads({ dims, data }: Tensor, heads: number): Tensor {
  const [batch = 1, keyHeads = 1, keys = 1, width = 1] = dims;
  const size = keys * width;
  const group = heads / keyHeads;
  const out = new Float32Array(batch * heads * size);
  for (let i = 0; i < batch * heads; i++) {
    const from = Math.floor(i / group) * size;
    out.set(data.subarray(from, from + size), i * size);
  }
  return { dims: [batch, heads, keys, width], data: out };
}
