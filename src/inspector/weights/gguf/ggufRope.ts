import { InspectorError } from '../../../protocol/errors';
import { shortened } from '../../files/shortened';
import type { GgufMetadata } from './ggufMetadata';
import type { GgufParts } from './ggufParts';
import { readNumbers } from './readNumbers';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Rotary positions of the model in a GGUF file in the spelling of transformers 5.
 * @param type `model_type`
 * @param headDim dimensions of a head
 * @throws InspectorError `model-unsupported` for a scaling that is not known
 */
export function ggufRope(
  metadata: GgufMetadata,
  type: string,
  headDim: number,
  tensors: GgufParts['tensors'],
): Fields {
  const value = (key: string) => metadata.ofModel(key);
  const [short, long] = ['short', 'long'].map(each => tensors.get(`rope_factors_${each}.weight`));
  // Gemma 3's of Ollama have names of their own, and a base that goes without saying.
  const isGemma3 = type === 'gemma3_text';
  const theta = value('rope.freq_base') ?? value('rope.global.freq_base');
  const base = {
    rope_theta: theta ?? (isGemma3 ? 1e6 : 10_000),
    // Families have parts of their own where nothing is said.
    partial_rotary_factor: (value('rope.dimension_count') ?? headDim) / headDim,
  };
  const scaled = {
    ...base,
    factor: value('rope.scaling.factor'),
    original_max_position_embeddings: value('rope.scaling.original_context_length'),
  };
  const rope = () => {
    if (short && long) {
      return {
        ...scaled,
        rope_type: 'longrope',
        attention_factor: value('rope.scaling.attn_factor'),
        short_factor: [...readNumbers(short)],
        long_factor: [...readNumbers(long)],
      };
    }
    const scaling = metadata.text(`${metadata.architecture}.rope.scaling.type`) ?? 'none';
    switch (scaling) {
      case 'none':
        return { ...base, rope_type: 'default' };
      case 'linear':
        return { ...base, rope_type: 'linear', factor: value('rope.scaling.factor') };
      case 'yarn':
        return {
          ...scaled,
          rope_type: 'yarn',
          beta_fast: value('rope.scaling.yarn_beta_fast'),
          beta_slow: value('rope.scaling.yarn_beta_slow'),
        };
      default:
        throw new InspectorError(
          'model-unsupported',
          `Rotary positions of the type “${shortened(scaling)}” in ${metadata.name} are not known: export the model to ONNX instead, as docs/exporting.md shows.`,
        );
    }
  };
  if (!isGemma3) return rope();
  // Layers with a window turn at a base of their own, and are never scaled.
  const local = value('rope.freq_base_swa') ?? value('rope.local.freq_base') ?? 10_000;
  return {
    full_attention: rope(),
    sliding_attention: { rope_theta: local, rope_type: 'default' },
  };
}
