import { InspectorError } from '../../protocol/errors';
import type { GgufConventions } from '../weights/gguf/ggufArchitectures';
import type { Architecture, Attention, Layer, Linear, Norm, Rope, Stack } from './graph/spec';

/** What a GGUF file has otherwise than the checkpoint that it was made of. */
export interface GgufDifferences extends GgufConventions {
  /** What the frequencies of rotary positions are divided by, one for each pair of dimensions. */
  readonly ropeFactors?: Float32Array;
}

/**
 * A model as its family describes it, with the weights as a GGUF file holds them.
 * @throws InspectorError `model-unsupported` where the factors are for other rotary positions
 */
export function asInGguf(architecture: Architecture, differences: GgufDifferences): Architecture {
  const { encoder, decoder } = architecture;
  return {
    ...architecture,
    ...(encoder ? { encoder: stackOf(encoder, differences) } : {}),
    ...(decoder ? { decoder: stackOf(decoder, differences) } : {}),
  };
}

function stackOf(stack: Stack, differences: GgufDifferences): Stack {
  return {
    ...stack,
    layers: stack.layers.map(layer => layerOf(layer, differences)),
    ...(stack.finalNorm ? { finalNorm: normOf(stack.finalNorm, differences) } : {}),
  };
}

const NORMS = ['attentionNorm', 'mlpNorm', 'attentionOutputNorm', 'mlpOutputNorm'] as const;

function layerOf(layer: Layer, differences: GgufDifferences): Layer {
  const norms = NORMS.flatMap(name => {
    const norm = layer[name];
    return norm ? [[name, normOf(norm, differences)] as const] : [];
  });
  const { mlp } = layer;
  const linear = (each: Linear) => linearOf(each, differences);
  return {
    ...layer,
    ...Object.fromEntries(norms),
    attention: attentionOf(layer.attention, differences),
    mlp:
      'router' in mlp
        ? mlp
        : {
            ...mlp,
            up: linear(mlp.up),
            down: linear(mlp.down),
            ...(mlp.gate ? { gate: linear(mlp.gate) } : {}),
          },
  };
}

function attentionOf(attention: Attention, differences: GgufDifferences): Attention {
  const { projections, output, qkNorm, rope } = attention;
  const linear = (each: Linear) => linearOf(each, differences);
  const isFused = 'fused' in projections;
  return {
    ...attention,
    output: linear(output),
    projections: isFused
      ? {
          ...projections,
          ...(differences.columns && projections.kind === 'heads' ? { kind: 'columns' } : {}),
          fused: linear(projections.fused),
        }
      : projections,
    ...(qkNorm
      ? {
          qkNorm: {
            ...qkNorm,
            query: normOf(qkNorm.query, differences),
            key: normOf(qkNorm.key, differences),
          },
        }
      : {}),
    ...(rope ? { rope: ropeOf(rope, differences) } : {}),
  };
}

function normOf(norm: Norm, { normsHoldOne }: GgufDifferences): Norm {
  return normsHoldOne ? { ...norm, plusOne: false } : norm;
}

function linearOf(linear: Linear, { transposed }: GgufDifferences): Linear {
  return transposed ? { ...linear, isConv1D: false } : linear;
}

function ropeOf(rope: Rope, { ropeFactors }: GgufDifferences): Rope {
  if (!ropeFactors) return rope;
  const { frequencies } = rope;
  if (ropeFactors.length === frequencies.length) {
    return { ...rope, frequencies: frequencies.map((each, i) => each / (ropeFactors[i] ?? 1)) };
  }
  throw new InspectorError(
    'model-unsupported',
    `“rope_freqs.weight” has ${ropeFactors.length} numbers for ${frequencies.length} pairs of rotated dimensions: convert the model again with a current llama.cpp.`,
  );
}
