import { basename } from 'node:path';
import { shortened } from '../files/shortened';
import { buildModel } from '../families/buildModel';
import { asInGguf } from '../families/ggufConventions';
import { packedWeights } from '../families/graph/packedWeights';
import type { Model } from '../onnx/file/types';
import { ggufConfig } from '../weights/gguf/ggufConfig';
import { GgufMetadata } from '../weights/gguf/ggufMetadata';
import { ggufWeights } from '../weights/gguf/ggufWeights';
import { openGguf } from '../weights/gguf/openGguf';
import { readNumbers } from '../weights/gguf/readNumbers';
import { rewritten } from '../weights/gguf/rewrite';
import type { ScratchFolder } from '../weights/scratch/scratchFolder';

/**
 * The graph of the model in a GGUF file. Weights that the runtime cannot take as they lie are written
 * into a scratch file first, which takes seconds for large models and is done once.
 * @throws InspectorError `model-unsupported` for what is not built, by its name; `model-missing`,
 * `model-broken`, `out-of-memory`
 */
export async function ggufModel(path: string, scratch: ScratchFolder): Promise<Model> {
  const parts = openGguf(path);
  const weights = ggufWeights(parts);
  const { architecture, ropeFactors } = weights;
  const config = ggufConfig(new GgufMetadata(parts.metadata, path), architecture, parts.tensors);
  const differences = {
    ...architecture.conventions,
    ...(ropeFactors ? { ropeFactors: readNumbers(ropeFactors) } : {}),
  };
  const name = shortened(basename(path));
  const stored = await rewritten(weights, headDimOf(config), scratch, name);
  return buildModel(config, stored, {
    encodings: packedWeights,
    adapt: architecture => asInGguf(architecture, differences),
  });
}

function headDimOf(config: Readonly<Record<string, unknown>>): number {
  const { head_dim: own, hidden_size: width, num_attention_heads: heads } = config;
  if (typeof own === 'number') return own;
  return typeof width === 'number' && typeof heads === 'number' ? width / heads : 1;
}
