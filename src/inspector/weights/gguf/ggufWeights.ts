import { basename } from 'node:path';
import { InspectorError } from '../../../protocol/errors';
import { shortened } from '../../files/shortened';
import type { StoredWeight, Weights } from '../weights';
import { isReadable, unreadable } from './dequantise';
import { ggufArchitecture, type GgufArchitecture } from './ggufArchitectures';
import { GgufMetadata } from './ggufMetadata';
import type { GgufNames } from './ggufNames';
import type { GgufParts } from './ggufParts';

/** The model of a GGUF file, its tensors by the names that Hugging Face's checkpoints have. */
export interface GgufWeights extends Weights {
  readonly architecture: GgufArchitecture;
  /** What frequencies of rotary positions are divided by, where the file has that (Llama 3.1). */
  readonly ropeFactors: StoredWeight | undefined;
}

/** Tensors that are no weights: tables of rotary positions, which the configuration holds. */
const TABLES =
  /^(rope_freqs|rope_factors_long|rope_factors_short)\.weight$|\.(attn_rot_embd|rope\.freqs)$/;
/** Images are turned into tokens by a part of its own, which some files hold besides. */
const OTHER_SENSES = /^(v|mm|a)\./;
const LAYER = /^blk\.(\d+)\.(.+)$/;
const LAST_PART = /\.(weight|bias)$/;

/**
 * The weights of a model that is built from them.
 * @throws InspectorError `model-unsupported` for what is no such model, by its name
 */
export function ggufWeights({ metadata: values, tensors, files }: GgufParts): GgufWeights {
  const path = files[0]?.path ?? '';
  const metadata = new GgufMetadata(values, path);
  const architecture = ggufArchitecture(metadata);
  refuseOtherKinds(metadata, tensors.size);
  if (!architecture) throw unknownArchitecture(metadata);
  const named = new Map<string, StoredWeight>();
  for (const [name, weight] of tensors) {
    if (TABLES.test(name) || OTHER_SENSES.test(name)) continue;
    if (!isReadable(weight.dtype)) throw unreadable(weight.dtype);
    const own = nameOf(name, architecture.names);
    if (named.has(own)) {
      throw new InspectorError('model-broken', `“${shortened(own)}” is twice in ${path}.`);
    }
    named.set(own, weight);
  }
  return {
    architecture,
    names: [...named.keys()],
    get: name => named.get(name),
    files: new Map(files.map(file => [file.path, file.stamp])),
    fileSize: files.reduce((sum, { size }) => sum + size, 0),
    ropeFactors: tensors.get('rope_freqs.weight'),
  };
}

/** Its name in Hugging Face's checkpoints; the same where it is not known. */
function nameOf(name: string, { model, layer, layers }: GgufNames): string {
  const part = LAST_PART.exec(name)?.[0] ?? '';
  const module = part === '' ? name : name.slice(0, -part.length);
  const [, number = '', own = ''] = LAYER.exec(module) ?? [];
  const found = own === '' ? model.get(module) : layer.get(own);
  if (found === undefined) return name;
  return own === '' ? `${found}${part}` : `${layers}.${number}.${found}${part}`;
}

/** Files of GGUF that hold something else than a model. */
function refuseOtherKinds(metadata: GgufMetadata, tensors: number): void {
  const type = metadata.text('general.type');
  const isAdapter = type === 'adapter' || metadata.text('adapter.type') !== undefined;
  const isVision = type === 'mmproj' || metadata.architecture === 'clip';
  const said = shortened(basename(metadata.path));
  const what = isAdapter
    ? 'holds an adapter, which changes another model: merge it into that one, and choose the result'
    : isVision
      ? 'holds the part of a model that reads images or sounds (mmproj): choose the model’s own file'
      : tensors === 0
        ? 'holds no weights: choose the file of a model'
        : undefined;
  if (what !== undefined) throw new InspectorError('model-unsupported', `${said} ${what}.`);
}

function unknownArchitecture(metadata: GgufMetadata): InspectorError {
  const said = shortened(basename(metadata.path));
  const { architecture } = metadata;
  return new InspectorError(
    'model-unsupported',
    architecture === ''
      ? `${said} does not say which architecture it is of: choose the file of a model.`
      : `${said} is of the architecture “${shortened(architecture)}”, which is not built from its weights: export the model to ONNX instead, as docs/exporting.md shows.`,
  );
}
