import { InspectorError } from '../../protocol/errors';
import type { Model } from '../onnx/file/types';
import type { Configuration } from '../source/configuration';
import type { Weights } from '../weights/weights';
import { Config } from './config';
import { withCurrentNames } from './currentNames';
import { familyOf } from './families';
import { checkFields, checkPlain, checkUsed } from './gates';
import type { Encodings } from './graph/encodings';
import { ModelBuilder } from './graph/modelBuilder';
import type { Architecture } from './graph/spec';
import { buildGraph } from './graph/transformer';

/** The newest ones that the runtime has. */
const IR_VERSION = 9;
const OPSETS: ReadonlyMap<string, number> = new Map([
  ['', 20],
  ['com.microsoft', 1],
]);

/** What a format adds to what its weights and its configuration say. */
export interface FormatOptions {
  /** How quantised tensors come into the graph. */
  readonly encodings?: Encodings;
  /** Changes what the family describes to what the format stores. */
  readonly adapt?: (architecture: Architecture) => Architecture;
}

/**
 * Refuses a model that is not built from its weights, before these are looked at.
 * @param fields of `config.json`
 * @throws InspectorError `model-unsupported` with the reason
 */
export function checkConfiguration(fields: Configuration): void {
  const config = new Config(fields);
  checkPlain(config);
  familyOf(config.type);
}

/**
 * Builds the graph of a model whose weights are stored without one. Nothing is read of the weights;
 * every one of them must have its place in the graph.
 * @param fields of `config.json`, which `checkConfiguration` has let pass
 * @throws InspectorError `model-unsupported` for what is not known, with its name
 */
export function buildModel(
  fields: Configuration,
  weights: Weights,
  { encodings, adapt = architecture => architecture }: FormatOptions = {},
): Model {
  const config = new Config(fields);
  const stored = withCurrentNames(weights);
  const architecture = adapt(familyOf(config.type)(config, stored));
  const builder = new ModelBuilder(stored, encodings);
  const graph = buildGraph(builder, architecture);
  checkFields(config);
  checkUsed(config, stored, builder.used, architecture.unused ?? []);
  const [first] = stored.names;
  const path = first === undefined ? undefined : stored.get(first)?.path;
  if (path === undefined) {
    throw new InspectorError('model-broken', 'The files hold no weights: download them again.');
  }
  return {
    graph,
    irVersion: IR_VERSION,
    opsets: OPSETS,
    functions: [],
    path,
    files: weights.files,
    fileSize: weights.fileSize,
  };
}
