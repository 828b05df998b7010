import type { GgufMetadata } from '../../../weights/gguf/ggufMetadata';
import type { GgufVocabulary } from '../../../weights/gguf/ggufVocabulary';
import type { Json } from '../../autoTokenizer/tokenizerFiles';

/** What a kind of tokenizer makes of a vocabulary: a tokenizer.json but for the added tokens. */
export interface GgufPipeline extends Json {
  readonly model: Json;
  readonly normalizer: Json | null;
  readonly pre_tokenizer: Json | null;
  readonly post_processor: Json | null;
}

/** Makes the pipeline of one kind of tokenizer. @throws InspectorError `tokenizer-broken` */
export type GgufConverter = (
  vocabulary: GgufVocabulary,
  metadata: GgufMetadata,
  name: string,
) => GgufPipeline;
