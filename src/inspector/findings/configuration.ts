import type { AttentionSite, Stack } from '../../protocol/model';
import { Config } from '../families/config';
import { familyOf as describedBy } from '../families/families';
import type { Attention, Architecture, Stack as Layers } from '../families/graph/spec';
import type { InstrumentedModel } from '../model/instrumentedModel';
import { predictsNext } from '../model/configLayers';
import { configFirstPosition } from '../model/inputs/configInputs';
import type { Configuration } from '../source/configuration';
import type { Weights } from '../weights/weights';

/** What is known of a family besides how its layers compute. */
interface FamilyFacts {
  /** Published models begin every text with their bos token. */
  readonly beginsWithBos?: true;
  /** Texts end with the eos token. */
  readonly endsWithEos?: true;
  /** The output head is the table of embeddings where the configuration does not say. */
  readonly isTied?: true;
  /** Queries are scaled before they become queries, so that the scores are the bare products. */
  readonly scalesFirst?: true;
  /** Layers mix neighbouring tokens outside their attention, padding among them. */
  readonly mixesOutside?: true;
  /** Experts take so many tokens of a batch and no more. */
  readonly sharesExperts?: true;
}

const bos = { beginsWithBos: true } as const;
const tied = { isTied: true } as const;
const first = { scalesFirst: true } as const;
const eos = { endsWithEos: true } as const;
const mixes = { mixesOutside: true } as const;
const sharing = { sharesExperts: true } as const;

const FAMILIES: Readonly<Record<string, FamilyFacts>> = {
  albert: tied,
  bart: { ...eos, ...first },
  bert: tied,
  biogpt: first,
  blenderbot: first,
  'blenderbot-small': first,
  bloom: tied,
  camembert: tied,
  convbert: mixes,
  distilbert: tied,
  electra: tied,
  esm: first,
  funnel: mixes,
  gemma: { ...bos, ...tied },
  gemma2: { ...bos, ...tied },
  gemma3_text: { ...bos, ...tied },
  gpt2: tied,
  gpt_neo: tied,
  llama: bos,
  m2m_100: first,
  marian: { ...eos, ...first },
  mbart: { ...eos, ...first },
  mistral: bos,
  mixtral: bos,
  mobilebert: mixes,
  mpnet: tied,
  mt5: eos,
  'nllb-moe': sharing,
  nystromformer: mixes,
  'openai-gpt': tied,
  opt: { ...first, ...tied },
  pegasus: { ...eos, ...first },
  plbart: first,
  roberta: tied,
  squeezebert: mixes,
  switch_transformers: { ...eos, ...sharing },
  t5: eos,
  umt5: eos,
  xglm: first,
  'xlm-roberta': tied,
  yoso: mixes,
};

/** `model_type`. */
export function familyOf({ model_type: type }: Configuration): string {
  return typeof type === 'string' ? type : '';
}

/** What is known of the family of a configuration. */
export function familyFacts(config: Configuration): FamilyFacts {
  return FAMILIES[familyOf(config)] ?? {};
}

/** The first class of `architectures`; empty where there is none. */
export function classOf({ architectures }: Configuration): string {
  const [name] = Array.isArray(architectures) ? (architectures as unknown[]) : [];
  return typeof name === 'string' ? name : '';
}

/** The stack whose tokens may not see later ones, by what the configuration says. */
export function causalStack(
  { card: { stacks } }: InstrumentedModel,
  config: Configuration,
): Stack | undefined {
  if (stacks.length > 1) return 'decoder';
  // Early tokens of a prefix see each other.
  const isPrefix = config.prefix_lm === true;
  return predictsNext(config) && !isPrefix ? stacks[0] : undefined;
}

/** Which special token a text of this family begins or ends with besides `[CLS]` and `[SEP]`. */
export function framing(config: Configuration, settings: Configuration) {
  const { beginsWithBos = false, endsWithEos = false } = familyFacts(config);
  return { bos: beginsWithBos && settings.add_bos_token !== false, eos: endsWithEos };
}

/** Names of stored tensors by which families find where their own begin. */
const ANCHORS = [
  'decoder.layers.0.self_attn.q_proj.weight',
  'embed_in.weight',
  'embed_tokens.weight',
  'embeddings.tok_embeddings.weight',
  'embeddings.word_embeddings.weight',
  'encoder.block.0.layer.0.SelfAttention.q.weight',
  'tokens_embed.weight',
  'word_embeddings.weight',
  'wte.weight',
];
const NO_WEIGHTS: Weights = {
  names: ANCHORS,
  get: () => undefined,
  files: new Map(),
  fileSize: 0,
};

/**
 * How layers of a family compute, by the configuration alone: as the graph of a checkpoint would be built
 * from it, without a look at the weights. Undefined for what is not built.
 */
function architectureOf(config: Configuration): Architecture | undefined {
  if (!described.has(config)) described.set(config, describe(config));
  return described.get(config);
}

const described = new WeakMap<Configuration, Architecture | undefined>();

function describe(config: Configuration): Architecture | undefined {
  try {
    // A head of its own would be looked for among the weights.
    const fields = new Config({ ...config, tie_word_embeddings: true });
    return describedBy(familyOf(config))(fields, NO_WEIGHTS);
  } catch {
    return undefined;
  }
}

/** T5 tells of one stack without weights, and a broken mask may give another name: layers are alike. */
function layersOf(config: Configuration, stack: Stack): Layers | undefined {
  const architecture = architectureOf(config);
  return architecture?.[stack] ?? architecture?.decoder ?? architecture?.encoder;
}

function attentionOf(
  config: Configuration,
  { stack, layer }: Pick<AttentionSite, 'stack' | 'layer'>,
): Attention | undefined {
  return layersOf(config, stack)?.layers[layer]?.attention;
}

/** The factors on q·k that are right; undefined for families of which they are not known. */
export function expectedScales(
  config: Configuration,
  site: AttentionSite,
): readonly number[] | undefined {
  const scale = attentionOf(config, site)?.scale;
  if (scale === undefined) return undefined;
  return familyFacts(config).scalesFirst ? [scale, 1] : [scale];
}

/** Keys that a query of a layer sees, itself among them; `none` without a window, undefined where unknown. */
export function expectedWindow(
  config: Configuration,
  site: Pick<AttentionSite, 'stack' | 'layer'>,
): number | 'none' | undefined {
  const mask = attentionOf(config, site)?.mask;
  if (!mask) return undefined;
  const { window, causal } = mask;
  if (window === undefined) return 'none';
  return causal ? window : window + 1;
}

/** Radians a token of each pair that a layer's queries turn by; undefined where they are not known. */
export function expectedFrequencies(
  config: Configuration,
  site: Pick<AttentionSite, 'stack' | 'layer'>,
): readonly number[] | undefined {
  const rope = attentionOf(config, site)?.rope;
  // Which of two lists is used depends on the length of the text.
  return rope?.long ? undefined : rope?.frequencies;
}

/** The row of the stored table of positions that the first token gets; undefined where it is not known. */
export function expectedFirstRow(config: Configuration, stack: Stack): number | undefined {
  const positions = layersOf(config, stack)?.embeddings.positions;
  if (!positions) return undefined;
  const { offset = 0, from } = positions;
  if (from?.kind === 'ids') return configFirstPosition(config) || from.padding + 1;
  return offset;
}

/** Whether the first layer of a family knows the order of its tokens; undefined where it is not known. */
export function knowsOrder(config: Configuration, stack: Stack): boolean | undefined {
  const layers = layersOf(config, stack);
  if (!layers) return undefined;
  const { rope, bias, distances } = layers.layers[0]?.attention ?? {};
  return [layers.embeddings.positions, rope, bias, distances].some(each => each !== undefined);
}

/** Whether the output head has to be the table of embeddings. */
export function isTied(config: Configuration): boolean {
  const { tie_word_embeddings: said } = config;
  return typeof said === 'boolean' ? said : familyFacts(config).isTied === true;
}
