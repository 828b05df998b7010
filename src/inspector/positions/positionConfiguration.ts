import { ModelFile } from '../../protocol/modelFiles';
import { readConfiguration } from '../source/configuration';
import { modelFolder } from '../source/source';

/** What `config.json` tells of positions, beside what the graph shows. */
export interface PositionConfiguration {
  /** How rotary frequencies were scaled: `linear`, `llama3`, `yarn`. */
  readonly scaling?: string;
  readonly factor?: number;
  /** Tokens of the texts that the model was trained on, where that is told. */
  readonly trainedOn?: number;
  /** Distances from this one on share a bucket (T5). */
  readonly maxDistance?: number;
  /** Bases of rotary frequencies, for all layers or for kinds of them. */
  readonly bases: readonly number[];
}

const BASES = [
  'rope_theta',
  'rotary_emb_base',
  'global_rope_theta',
  'local_rope_theta',
  'rope_local_base_freq',
];

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads the configuration beside a model.
 * @param layer one of those whose rotation is asked for: some models configure kinds of layers apart
 */
export async function positionConfiguration(
  path: string,
  layer: number,
): Promise<PositionConfiguration> {
  const config = await readConfiguration(await modelFolder(path), ModelFile.configuration);
  const rope = ropeOf(config, layer);
  const scaling = rope.rope_type ?? rope.type;
  const factor = positive(rope.factor);
  const trainedOn =
    positive(rope.original_max_position_embeddings) ?? positive(config.training_sequence_length);
  const maxDistance = positive(config.relative_attention_max_distance);
  return {
    ...(typeof scaling === 'string' && scaling !== 'default' ? { scaling } : {}),
    ...(factor === undefined ? {} : { factor }),
    ...(trainedOn === undefined ? {} : { trainedOn }),
    ...(maxDistance === undefined ? {} : { maxDistance }),
    bases: BASES.flatMap(name => positive(rope[name]) ?? positive(config[name]) ?? []),
  };
}

/** The rotary parameters of a layer: one entry for all of them, or one for each kind of layer. */
function ropeOf(config: Fields, layer: number): Fields {
  const all = fields(config.rope_parameters) ?? fields(config.rope_scaling) ?? {};
  const kind: unknown = Array.isArray(config.layer_types) ? config.layer_types[layer] : undefined;
  const own = typeof kind === 'string' ? fields(all[kind]) : undefined;
  return own ?? all;
}

function fields(value: unknown): Fields | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as Fields) : undefined;
}

function positive(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : undefined;
}
