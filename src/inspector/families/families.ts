import { InspectorError } from '../../protocol/errors';
import { shortened } from '../files/shortened';
import { bart } from './bart';
import { albert, bert, distilbert, mpnet } from './bert';
import { bloom, falcon, mpt } from './bloom';
import { debertaV2 } from './deberta';
import type { Family } from './family';
import { gpt, gpt2, gptBigCode, gptNeo } from './gpt';
import { gptJ, gptNeoX } from './gptRotary';
import { llamaFamily } from './llama';
import { llamaVariants } from './llamaVariants';
import { modernbert } from './modernbert';
import { bioGpt, opt, xglm } from './opt';
import { refusedTypes } from './refusedTypes';
import { t5 } from './t5';

/** By `model_type`. */
const families: ReadonlyMap<string, Family> = new Map<string, Family>([
  ['bert', bert],
  ['electra', bert],
  ['roberta', bert],
  ['xlm-roberta', bert],
  ['camembert', bert],
  ['data2vec-text', bert],
  ['ernie', bert],
  ['mpnet', mpnet],
  ['deberta-v2', debertaV2],
  ['distilbert', distilbert],
  ['albert', albert],
  ['mpnet', mpnet],
  ['deberta-v2', debertaV2],
  ['modernbert', modernbert],
  ['openai-gpt', gpt],
  ['gpt2', gpt2],
  ['gpt_bigcode', gptBigCode],
  ['gpt_neo', gptNeo],
  ['gpt_neox', gptNeoX],
  ['gptj', gptJ],
  ['codegen', gptJ],
  ['bloom', bloom],
  ['falcon', falcon],
  ['mpt', mpt],
  ['opt', opt],
  ['biogpt', bioGpt],
  ['xglm', xglm],
  ['bart', bart],
  ['mbart', bart],
  ['plbart', bart],
  ['marian', bart],
  ['pegasus', bart],
  ['m2m_100', bart],
  ['blenderbot', bart],
  ['blenderbot-small', bart],
  ['t5', t5],
  ['mt5', t5],
  ['umt5', t5],
  ...Object.entries(llamaVariants).map(([type, variant]) => [type, llamaFamily(variant)] as const),
]);

/** The types of models that are built from their weights. */
export const familyTypes: readonly string[] = [...families.keys()];

/**
 * The family of a `model_type`. One that is not known is refused even where its tensors have names
 * that are: other positions would be wrong silently.
 * @throws InspectorError `model-unsupported` with the reason
 */
export function familyOf(type: string): Family {
  const family = families.get(type);
  if (family) return family;
  if (type === '') {
    throw new InspectorError(
      'model-unsupported',
      'config.json does not say which type of model these weights belong to (“model_type”): take ' +
        'the one of the checkpoint.',
    );
  }
  const reason = refusedTypes.get(type) ?? 'that type is not known here';
  throw new InspectorError(
    'model-unsupported',
    `A model of the type “${shortened(type)}” is not built from its weights, because ${reason}: ` +
      'export the model to ONNX and open that, as docs/exporting.md shows.',
  );
}
