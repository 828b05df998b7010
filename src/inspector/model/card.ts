import type {
  AttentionSite,
  ExpertRouter,
  LayerWithoutAttention,
  ModelCard,
  Stack,
} from '../../protocol/model';
import { isPartOfMixer } from '../onnx/stream/blocks';
import { shortened } from '../files/shortened';
import type { Configuration } from '../source/configuration';
import type { Description, ModelSource } from '../source/source';
import { worse } from './check/selfCheck';
import { configFirstPosition } from './inputs/configInputs';
import { inputCards, inputNotes } from './inputs/inputCards';
import { decoderName } from './inputs/inputNames';
import type { Part, PlacedRecurrence } from './part';
import { pointSupport } from './pointSupport';

/** A whole number of `config.json` under the first of several names. */
function configNumber(config: Configuration, ...names: string[]): number | undefined {
  for (const name of names) {
    const value = config[name];
    if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  }
  return undefined;
}

/** Positions that a model was made for; relative and rotary ones may have no limit. */
export function configPositions(config: Configuration): number | undefined {
  const names = ['max_position_embeddings', 'n_positions', 'max_sequence_length', 'max_seq_len'];
  const positions = configNumber(config, ...names);
  return positions && positions - (configFirstPosition(config) ?? 0);
}

/** The attention window that the configuration tells of. */
export function configWindow(config: Configuration): number | undefined {
  if (config.use_sliding_window === false) return undefined;
  return configNumber(config, 'sliding_window', 'local_attention', 'window_size');
}

/** Puts together what is known about a model from its graphs and its configuration. */
export function cardOf(
  source: ModelSource,
  { config, tokenizer }: Description,
  parts: readonly Part[],
): ModelCard {
  const graphs = parts.map(part => part.graph);
  const sites = parts.flatMap(part => part.sites);
  const stacks = [...new Set(parts.flatMap(part => part.stacks))].sort(encoderFirst);
  const architectures = config.architectures;
  const named: unknown = Array.isArray(architectures) ? architectures[0] : undefined;
  const vocabulary =
    graphs.map(({ loaded }) => loaded.signature.vocabulary).find(size => size !== undefined) ??
    configNumber(config, 'vocab_size');
  const inputs = graphs.flatMap(({ loaded }, i) =>
    inputCards(loaded.signature, i > 0 ? decoderName : undefined),
  );
  const positions = smallest(graphs.map(graph => graph.maximumPositions));
  const precisions = new Set(graphs.map(graph => graph.precision));
  const [precision = 'float32'] = precisions;
  return {
    path: source.path,
    name: source.name,
    architecture: typeof named === 'string' ? named : 'unknown',
    stacks,
    sites,
    ...layersOf(parts),
    ...routersOf(parts),
    inputs,
    modelDim: graphs.at(-1)?.modelDim ?? 0,
    vocabulary: vocabulary ?? 0,
    ...(positions === undefined ? {} : { maximumPositions: positions }),
    precision: precisions.size > 1 ? 'mixed' : precision,
    ...(tokenizer ? { tokenizer } : {}),
    fileSize: graphs.reduce((sum, graph) => sum + graph.loaded.analysis.model.fileSize, 0),
    outputCheck: graphs.map(graph => graph.outputCheck).reduce(worse),
    points: pointSupport(parts),
    notes: [
      ...graphs.flatMap(graph => graph.notes),
      ...graphs.flatMap(({ loaded }) => loaded.streams.streams.flatMap(({ note }) => note ?? [])),
      ...graphs.flatMap(({ loaded }) => inputNotes(loaded.signature)),
      ...refusals(sites),
      ...faultNotes(sites),
      ...routerNotes(parts.flatMap(part => part.routers)),
      ...parts.flatMap(part => part.recurrences.flatMap(effectiveNote)),
      ...windowNotes(sites),
      ...softCapNotes(config, sites),
      ...sinkNotes(sites),
    ],
  };
}

/** Layers of each stack, with and without attention. */
function layersOf(parts: readonly Part[]): Pick<ModelCard, 'layers' | 'withoutAttention'> {
  const streams = parts.flatMap(({ graph, stacks }) =>
    graph.loaded.streams.streams.flatMap((stream, i) => {
      const stack = stacks[i];
      return stack ? [{ stack, stream }] : [];
    }),
  );
  return {
    layers: Object.fromEntries(streams.map(({ stack, stream }) => [stack, stream.layers])),
    withoutAttention: streams.flatMap(({ stack, stream }) =>
      stream.without.map(layer => ({ stack, ...layer, ...effectiveOf(parts, stack, layer) })),
    ),
  };
}

/** The linear attention of a layer, where it has one. */
function effectiveOf(
  parts: readonly Part[],
  stack: Stack,
  { layer, instead }: Pick<LayerWithoutAttention, 'layer' | 'instead'>,
): Pick<LayerWithoutAttention, 'effective'> | Pick<LayerWithoutAttention, 'effective' | 'instead'> {
  const found = parts
    .flatMap(({ recurrences }) => recurrences)
    .find(one => one.stack === stack && one.layer === layer);
  if (!found) return {};
  const { name, facts } = found;
  // What was proved says more than the operators that it is spelled out in.
  const isNamed = name !== undefined && isPartOfMixer(instead);
  return { effective: facts, ...(isNamed ? { instead: name } : {}) };
}

/** What chooses experts, where layers have any. */
function routersOf(parts: readonly Part[]): Pick<ModelCard, 'routers'> {
  const routers = parts.flatMap(part => part.routers);
  return routers.length > 0 ? { routers } : {};
}

function encoderFirst(a: Stack, b: Stack): number {
  return a === b ? 0 : a === 'encoder' ? -1 : 1;
}

function smallest(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter(value => value !== undefined);
  return known.length ? Math.min(...known) : undefined;
}

/** What has the same key, in the order of the first of each. */
function groupedBy<T>(all: readonly T[], keyOf: (one: T) => string): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const group = groups.get(keyOf(one));
    if (group) group.push(one);
    else groups.set(keyOf(one), [one]);
  }
  return [...groups.values()];
}

/** “layer 3”, “layers 0, 1 and 5”. */
function layersOfAll(all: readonly { readonly layer: number }[]): string {
  const layers = all.map(({ layer }) => layer);
  return layers.length > 1 ? `layers ${listed(layers)}` : `layer ${layers.join()}`;
}

/** One sentence for all layers of a kind that are refused for the same reason. */
function refusals(sites: ModelCard['sites']): string[] {
  const refused = sites.flatMap(({ check, ...site }) =>
    check.result === 'refused' ? [{ ...site, reason: check.reason }] : [],
  );
  const keyOf = ({ kind, stack, reason }: (typeof refused)[number]) => `${kind} ${stack} ${reason}`;
  return groupedBy(refused, keyOf).flatMap(group => {
    const [first] = group;
    if (!first) return [];
    const { kind, stack, graph, reason } = first;
    const node = graph.node ? ` “${shortened(graph.node)}”` : '';
    return `The ${kind}-attention of ${stack} ${layersOfAll(group)} (${graph.operator}${node}) is not shown: ${reason}.`;
  });
}

/** One sentence for all layers of a kind that are shown with the same fault; numbers that are none have their own. */
function faultNotes(sites: ModelCard['sites']): string[] {
  const faulty = sites.flatMap(({ check, ...site }) =>
    check.result === 'approximate' && check.fault !== undefined && check.fault !== 'notFinite'
      ? [{ ...site, fault: check.fault, reason: check.reason }]
      : [],
  );
  return groupedBy(faulty, ({ kind, stack, fault }) => `${kind} ${stack} ${fault}`).flatMap(
    group => {
      const [first] = group;
      if (!first) return [];
      const { kind, stack, reason } = first;
      return `The ${kind}-attention of ${stack} ${layersOfAll(group)} is shown as the file computes it, though ${reason}.`;
    },
  );
}

/** One sentence for all routers that are not shown for the same reason. */
function routerNotes(routers: readonly ExpertRouter[]): string[] {
  const refused = routers.filter(({ refusal }) => refusal !== undefined);
  const keyOf = ({ stack, refusal = '' }: ExpertRouter) => `${stack} ${refusal}`;
  return groupedBy(refused, keyOf).flatMap(group => {
    const [first] = group;
    if (!first?.refusal) return [];
    return `Which experts ${first.stack} ${layersOfAll(group)} choose${group.length > 1 ? '' : 's'} is not shown: ${first.refusal}.`;
  });
}

/** Why the effective attention of a layer without a softmax is not shown. */
function effectiveNote({ stack, layer, facts: { operator, check } }: PlacedRecurrence): string[] {
  if (check.result !== 'refused') return [];
  const where =
    layer < 0 ? `${operator} outside the layers` : `${stack} layer ${layer} (${operator})`;
  return [`The effective attention of ${where} is not shown: ${check.reason}.`];
}

/** “0, 1 and 5”; of many the first ones. */
function listed(layers: readonly number[]): string {
  const most = 12;
  const shown = layers.slice(0, most);
  if (layers.length > most) return `${shown.join(', ')} and ${layers.length - most} more`;
  return `${shown.slice(0, -1).join(', ')} and ${shown.at(-1) ?? ''}`;
}

/** Some exports lose the soft-cap of their model: the file is shown as it computes. */
function softCapNotes(config: Configuration, sites: ModelCard['sites']): string[] {
  const cap = configNumber(config, 'attn_logit_softcapping');
  if (cap === undefined || sites.some(({ softCap }) => softCap !== undefined)) return [];
  return [
    `config.json tells of a soft-cap of ${cap} on the scores, which this file does not apply: its export lost it.`,
  ];
}

/** Rows that do not sum to 1, and where the rest goes. */
function sinkNotes(sites: ModelCard['sites']): string[] {
  const shown = sites.filter(({ check }) => check.result !== 'refused');
  const has = (kind: AttentionSite['sink']) => shown.some(({ sink }) => sink === kind);
  return [
    ...(has('learned')
      ? [
          'A learned sink of each head takes a part of its weight: rows sum to less than 1, and the rest goes nowhere.',
        ]
      : []),
    ...(has('one')
      ? [
          'The softmax divides by 1 + Σ exp, as if a key of score 0 stood beside the text: rows sum to less than 1, and the rest, its sink, goes nowhere.',
        ]
      : []),
  ];
}

/** Windows longer than the probe cannot be seen in it. */
function windowNotes(sites: ModelCard['sites']): string[] {
  const seen = sites.flatMap(({ maskSeenUpTo }) => maskSeenUpTo || []);
  if (seen.length === 0) return [];
  return [
    `Masks were checked between tokens up to ${Math.min(...seen)} apart; the model seems to have a longer window.`,
  ];
}
