import { brokenTokenizer, Fields } from '../fields';
import type { PostProcessor } from './postProcessor';
import { bertProcessing, robertaTemplate, templateProcessing } from './template';
import { trimOffsets } from './trimOffsets';

/**
 * The steps of tokenizer.json's `post_processor` in order, sequences flattened. Each component does
 * what the one of its name does in huggingface/tokenizers, tokenizers/src/processors.
 */
export function createPostProcessors(value: unknown): PostProcessor[] {
  return Fields.steps(value, 'post_processor', 'processors').flatMap(createPostProcessor);
}

function createPostProcessor(fields: Fields): PostProcessor[] {
  switch (fields.type) {
    case 'BertProcessing':
      return [bertProcessing(fields)];
    case 'ByteLevel':
      return trimmer(fields);
    case 'RobertaProcessing':
      return [...trimmer(fields), robertaTemplate(fields)];
    case 'TemplateProcessing':
      return [templateProcessing(fields)];
    default:
      throw brokenTokenizer(
        `its post-processor “${fields.type}” is not known to Attention Debugger`,
      );
  }
}

function trimmer(fields: Fields): PostProcessor[] {
  if (!fields.boolean('trim_offsets', true)) return [];
  const addsPrefixSpace = fields.boolean('add_prefix_space', true);
  return [
    {
      type: fields.type,
      addedCount: () => 0,
      template: () => '',
      process: (texts, sources) =>
        texts.map(tokens => trimOffsets(tokens, sources, addsPrefixSpace)),
    },
  ];
}
