import type { Configuration } from '../../source/configuration';
import type { InputOptions } from './inputSignature';

/** Models that count positions from after the padding id. */
const COUNT_FROM_PADDING: ReadonlySet<unknown> = new Set([
  'camembert',
  'data2vec-text',
  'esm',
  'ibert',
  'layoutlmv3',
  'lilt',
  'longformer',
  'luke',
  'markuplm',
  'mpnet',
  'roberta',
  'roberta-prelayernorm',
  'xlm-roberta',
  'xlm-roberta-xl',
  'xmod',
]);
/** The padding id of these models where their configuration names none. */
const USUAL_PADDING = 1;

/**
 * Position of a model's first token, as the type in its configuration tells; undefined where it has none,
 * so that the graph must tell.
 */
export function configFirstPosition(config: Configuration): number | undefined {
  if (typeof config.model_type !== 'string') return undefined;
  if (!COUNT_FROM_PADDING.has(config.model_type)) return 0;
  return (wholeNumber(config.pad_token_id) ?? USUAL_PADDING) + 1;
}

/** What a configuration tells about the inputs of its graphs. */
export function configInputs(config: Configuration): InputOptions {
  const firstPosition = configFirstPosition(config);
  const paddingId = wholeNumber(config.pad_token_id);
  const width = wholeNumber(config.hidden_size) ?? NaN;
  const heads = wholeNumber(config.num_attention_heads) ?? NaN;
  const headDim = wholeNumber(config.head_dim) ?? wholeNumber(width / heads);
  return {
    ...(firstPosition === undefined ? {} : { firstPosition }),
    ...(paddingId === undefined ? {} : { paddingId }),
    ...(headDim === undefined ? {} : { headDim }),
  };
}

function wholeNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
