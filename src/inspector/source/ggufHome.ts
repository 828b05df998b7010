import { InspectorError } from '../../protocol/errors';
import { ModelFile } from '../../protocol/modelFiles';
import { ggufArchitecture } from '../weights/gguf/ggufArchitectures';
import { ggufConfig } from '../weights/gguf/ggufConfig';
import { GgufMetadata } from '../weights/gguf/ggufMetadata';
import { ggufGeneration, ggufTokenizerSettings } from '../weights/gguf/ggufSettings';
import { openGguf } from '../weights/gguf/openGguf';

type Fields = Readonly<Record<string, unknown>>;

/**
 * What a file of a model's folder would hold, from the GGUF file that holds all of it; nothing for
 * files that it says nothing of, and for a model of which no configuration can be made.
 * @throws InspectorError where the file is broken
 */
export function ggufFields(path: string, name: string): Fields {
  const { metadata: values, tensors } = openGguf(path);
  const metadata = new GgufMetadata(values, path);
  switch (name) {
    case ModelFile.configuration: {
      const architecture = ggufArchitecture(metadata);
      try {
        return architecture ? ggufConfig(metadata, architecture, tensors) : {};
      } catch (error) {
        // Its texts can be split all the same.
        if (error instanceof InspectorError) return {};
        throw error;
      }
    }
    case ModelFile.tokenizerSettings:
      return ggufTokenizerSettings(metadata);
    case ModelFile.generation:
      return ggufGeneration(metadata);
    case ModelFile.tokenizer: {
      const kind = metadata.text('tokenizer.ggml.model');
      return kind === undefined ? {} : { model: { type: KINDS[kind] ?? kind } };
    }
    default:
      return {};
  }
}

/** Kinds of tokenizers by the names that the format has for them. */
const KINDS: Readonly<Record<string, string>> = { gpt2: 'BPE', llama: 'BPE', bert: 'WordPiece' };
