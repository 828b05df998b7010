import { basename } from 'node:path';
import type { ModelCard } from '../../protocol/model';
import { isGgufName } from '../../protocol/modelFiles';
import { buildModel } from '../families/buildModel';
import { asInGguf } from '../families/ggufConventions';
import { packedWeights } from '../families/graph/packedWeights';
import { shortened } from '../files/shortened';
import { ggufConfig } from '../weights/gguf/ggufConfig';
import { GgufMetadata } from '../weights/gguf/ggufMetadata';
import { ggufWeights } from '../weights/gguf/ggufWeights';
import { openGguf } from '../weights/gguf/openGguf';
import { unknownKeys } from '../weights/gguf/unknownKeys';
import { readNumbers } from '../weights/gguf/readNumbers';
import { rewritten } from '../weights/gguf/rewrite';
import type { ScratchFolder } from '../weights/scratch/scratchFolder';
import type { Weights } from '../weights/weights';
import type { BuiltGraph } from './graph/loadGraph';

/** What the graph of a GGUF file is, and what the card says of it. */
export interface GgufModel extends Pick<ModelCard, 'name' | 'notes'> {
  readonly origin: BuiltGraph;
}

/**
 * Builds the graph of the model in a GGUF file. Weights that the runtime cannot take as they lie are
 * written into a scratch file first, which takes seconds for large models and is done once.
 * @throws InspectorError `model-unsupported` for what is not built, by its name; `model-missing`,
 * `model-broken`, `out-of-memory`
 */
export async function ggufModel(path: string, scratch: ScratchFolder): Promise<GgufModel> {
  const parts = openGguf(path);
  const metadata = new GgufMetadata(parts.metadata, path);
  const weights = ggufWeights(parts);
  const { ropeFactors } = weights;
  const config = ggufConfig(metadata, weights.architecture, parts.tensors);
  const differences = {
    ...weights.architecture.conventions,
    ...(ropeFactors ? { ropeFactors: readNumbers(ropeFactors) } : {}),
  };
  const name = nameOf(metadata);
  const stored = await rewritten(weights, headDimOf(config), scratch, name);
  const model = buildModel(config, stored, {
    encodings: packedWeights,
    adapt: architecture => asInGguf(architecture, differences),
  });
  return {
    origin: { model, name },
    name,
    notes: [
      `The model has no graph of its own: it was built from the weights of a GGUF file (architecture “${metadata.architecture}”, ${kindsOf(weights)}).`,
      ...unknownNotes(metadata),
    ],
  };
}

/** What the file says of its model and nobody knows here. */
function unknownNotes(metadata: GgufMetadata): readonly string[] {
  const [first, ...others] = unknownKeys(metadata);
  if (first === undefined) return [];
  const more = others.length > 0 ? ` and ${others.length} more` : '';
  return [
    `The file sets “${shortened(first)}”${more}, which is not known and was left out: compare the logits with llama.cpp’s before you trust them.`,
  ];
}

/** The file's name; of one whose name says nothing, as Ollama's, what the file calls the model. */
function nameOf(metadata: GgufMetadata): string {
  const file = basename(metadata.path);
  const own = isGgufName(file) ? undefined : metadata.text('general.name');
  return shortened(own ?? file);
}

/** How its weights are stored, most of them first: “Q4_K 71 %, Q6_K 29 %”. */
function kindsOf(weights: Weights): string {
  const bytes = new Map<string, number>();
  for (const name of weights.names) {
    const { dtype = '', length = 0 } = weights.get(name) ?? {};
    bytes.set(dtype, (bytes.get(dtype) ?? 0) + length);
  }
  const total = [...bytes.values()].reduce((sum, each) => sum + each, 0);
  return [...bytes]
    .sort(([, a], [, b]) => b - a)
    .map(([dtype, each]) => [dtype, Math.round((100 * each) / total)] as const)
    .filter(([, percent]) => percent > 0)
    .map(([dtype, percent]) => (percent === 100 ? dtype : `${dtype} ${percent} %`))
    .join(', ');
}

function headDimOf(config: Readonly<Record<string, unknown>>): number {
  const { head_dim: own, hidden_size: width, num_attention_heads: heads } = config;
  if (typeof own === 'number') return own;
  return typeof width === 'number' && typeof heads === 'number' ? width / heads : 1;
}
