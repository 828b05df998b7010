import { InspectorError } from '../../protocol/errors';
import type { Weights } from '../weights/weights';
import { layersOf, mustBe } from './common';
import type { Config } from './config';
import type { Family } from './family';
import type { Architecture, Head, Norm, Rope } from './graph/spec';
import { llamaLayer, namesOf, type LlamaModel } from './llamaLayer';
import type { LlamaVariant } from './llamaVariants';
import { outputHead } from './outputHead';
import { prefixOf } from './prefix';

/** Norms of these families have it where the configuration does not say. */
const EPSILON = 1e-6;
/** OLMo's is fixed. */
const WEIGHTLESS_EPSILON = 1e-5;
/** Heads for classes and scores of whole texts. */
const UNUSED = [/^(score|classifier|qa_outputs)\./];

/** The family of decoders in the manner of Llama, in one of its variants. */
export function llamaFamily(variant: LlamaVariant): Family {
  return (given, weights) => {
    const config = given.with(variant.defaults ?? {});
    for (const [field, value] of Object.entries(variant.mustBe ?? {})) {
      mustBe(config, field, value);
    }
    const root = prefixOf(weights, 'embed_tokens.weight');
    const width = config.size('hidden_size');
    const model: LlamaModel = {
      config,
      weights,
      variant,
      width,
      norm: normsOf(config, variant),
      activation: activationOf(config, variant),
      ropes: new Map<string, Rope>(),
    };
    const scale = variant.isGemma
      ? Math.fround(Math.sqrt(width))
      : config.optional('embedding_multiplier');
    return {
      decoder: {
        kind: 'decoder',
        width,
        embeddings: {
          tokens: `${root}embed_tokens`,
          vocabulary: config.size('vocab_size'),
          ...(scale === undefined ? {} : { scale }),
        },
        layers: layersOf(config.size('num_hidden_layers'), layer =>
          llamaLayer(model, layer, `${root}layers.${layer}`),
        ),
        finalNorm: model.norm(`${root}${namesOf(variant).last}`),
      },
      ...headOf(config, weights, `${root}embed_tokens.weight`),
      unused: UNUSED,
    } satisfies Architecture;
  };
}

function normsOf(config: Config, { norm }: LlamaVariant): (name: string) => Norm {
  if (norm === 'weightless') return () => ({ kind: 'layer', epsilon: WEIGHTLESS_EPSILON });
  const fields = ['rms_norm_eps', 'layer_norm_eps', 'norm_epsilon', 'norm_eps'];
  const epsilon = config.optional(...fields) ?? EPSILON;
  return name => ({ name, kind: 'rms', epsilon, ...norm });
}

function activationOf(config: Config, { isGemma }: LlamaVariant): string {
  // Gemma's first configurations name the exact GELU, and meant its approximation.
  return isGemma
    ? config.text('gelu_pytorch_tanh', 'hidden_activation')
    : config.text('silu', 'hidden_act');
}

/** Logits, unless the checkpoint is of a model without them. */
function headOf(config: Config, weights: Weights, tied: string): { readonly head?: Head } {
  const hasOwn = weights.get('lm_head.weight') !== undefined;
  const isLanguageModel = /^$|LMHead|CausalLM|ConditionalGeneration/.test(config.architecture);
  if (!hasOwn && !isLanguageModel) return {};
  if (hasOwn || config.flag('tie_word_embeddings', true)) {
    return { head: outputHead(config, weights, tied) };
  }
  throw new InspectorError(
    'model-unsupported',
    'The weights “lm_head.weight” are missing, which config.json does not tie to the embeddings: ' +
      'check that the download is complete.',
  );
}
