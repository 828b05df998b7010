import type { Node } from '../file/types';
import type { Block } from './blocks';

/** What a configuration says of the layers of a stack. */
export interface LayerPlan {
  /** How many there may be, the likeliest first: a file of one half may hold either. */
  readonly counts?: readonly number[];
  /** What each layer is, as `layer_types` of config.json lists it. */
  readonly types?: readonly string[];
  /** What mixes tokens where no attention does, layer by layer: “Mamba-2”, “gated delta net”. */
  readonly mixers?: readonly (string | undefined)[];
}

/** Which layer each block belongs to. */
export interface LayerNumbers {
  /** Layer of each block. */
  readonly ofBlock: readonly number[];
  /** Layers in all. */
  readonly count: number;
  /** What does not agree, for people. */
  readonly note?: string;
}

/**
 * Numbers the layers of a stack as the model does. A hybrid has layers without attention, which only its
 * configuration, the blocks between, or the names of its nodes tell of.
 */
export function numberLayers(blocks: readonly Block[], plan: LayerPlan): LayerNumbers {
  const attending = blocks.filter(({ self }) => self.length > 0);
  const { counts = [] } = plan;
  const [planned] = counts;
  const byAttention = startingAt(blocks, ({ self }) => self.length > 0);
  const names = nameNumbers(attending);
  if (planned === undefined) {
    const byMixing = startingAt(
      blocks,
      ({ self, mixes }) => self.length > 0 || mixes !== undefined,
    );
    return named(blocks, names) ?? (isEven(byMixing) ? byMixing : { ...byMixing, note: UNEVEN });
  }
  if (counts.includes(attending.length)) return byAttention;
  const found =
    typed(blocks, plan.types) ??
    evenly(blocks, planned) ??
    ending(blocks, planned) ??
    mixing(blocks, planned);
  const isOtherwise = names?.some((name, i) => {
    const block = attending[i];
    return block && found?.ofBlock[blocks.indexOf(block)] !== name;
  });
  const byName = isOtherwise === false ? undefined : named(blocks, names, planned);
  if (byName && found) {
    const note = `The names of the nodes count the layers otherwise than config.json, which tells of ${planned}: the names are followed.`;
    return { ...byName, note };
  }
  const only = byName ?? found;
  if (only) return only;
  const note = `config.json tells of ${planned} layers and the graph shows attention in ${attending.length}: layers are numbered as they come.`;
  return { ...byAttention, note };
}

const UNEVEN =
  'Not all layers have as many blocks, and no config.json tells how many layers there are: they are counted by the blocks in which tokens meet.';

/** Whether all layers have as many blocks. */
function isEven({ ofBlock, count }: LayerNumbers): boolean {
  const sizes = Array.from(
    { length: count },
    (_, layer) => ofBlock.filter(of => of === layer).length,
  );
  return new Set(sizes).size <= 1;
}

/** A layer begins at each block that `begins` says. */
function startingAt(blocks: readonly Block[], begins: (block: Block) => boolean): LayerNumbers {
  let begun = 0;
  const ofBlock = blocks.map(block => {
    if (begins(block)) begun++;
    return Math.max(0, begun - 1);
  });
  return { ofBlock, count: begun };
}

/** Every layer has as many blocks, and attention at most once. */
function evenly(blocks: readonly Block[], count: number): LayerNumbers | undefined {
  const each = blocks.length / count;
  if (!Number.isInteger(each) || each === 0) return undefined;
  // Attention and what follows it are two layers only to those who say so.
  if (each === 1 && blocks.every(block => block.self.length > 0 || isEachByItself(block))) {
    return undefined;
  }
  const ofBlock = blocks.map((_, i) => Math.floor(i / each));
  const attending = ofBlock.filter((_, i) => (blocks[i]?.self.length ?? 0) > 0);
  return new Set(attending).size === attending.length ? { ofBlock, count } : undefined;
}

/** Every layer ends in a block that treats each token by itself, and some have no other. */
function ending(blocks: readonly Block[], count: number): LayerNumbers | undefined {
  const last = blocks.at(-1);
  if (!last || !isEachByItself(last) || blocks.filter(isEachByItself).length !== count) {
    return undefined;
  }
  let ended = 0;
  const ofBlock = blocks.map(block => (isEachByItself(block) ? ended++ : ended));
  const meeting = ofBlock.filter((_, i) => blocks[i] && !isEachByItself(blocks[i]));
  return new Set(meeting).size === meeting.length ? { ofBlock, count } : undefined;
}

function isEachByItself({ self, mixes }: Block): boolean {
  return self.length === 0 && mixes === undefined;
}

function mixing(blocks: readonly Block[], count: number): LayerNumbers | undefined {
  const found = startingAt(blocks, ({ self, mixes }) => self.length > 0 || mixes !== undefined);
  return found.count === count ? found : undefined;
}

/** The listed layers that attend are those that do, if they are as many. */
function typed(
  blocks: readonly Block[],
  types: readonly string[] | undefined,
): LayerNumbers | undefined {
  if (!types) return undefined;
  const attending = types.flatMap((type, layer) => (isAttention(type) ? layer : []));
  return placed(blocks, attending, types.length);
}

function named(
  blocks: readonly Block[],
  names: readonly number[] | undefined,
  count = 0,
): LayerNumbers | undefined {
  return names && placed(blocks, names, Math.max(count, (names.at(-1) ?? 0) + 1));
}

/**
 * Attention stands in the given layers. Blocks between in which tokens meet begin the layers between,
 * where they are as many; else nothing tells where those begin.
 */
function placed(
  blocks: readonly Block[],
  layers: readonly number[],
  count: number,
): LayerNumbers | undefined {
  const starts = blocks.flatMap(({ self }, i) => (self.length ? i : []));
  if (starts.length !== layers.length || starts.length === 0) return undefined;
  const ofBlock: number[] = [];
  let layer = -1;
  for (const [i, at] of [...layers, count].entries()) {
    const start = starts[i] ?? blocks.length;
    const between = blocks.slice(ofBlock.length, start);
    const meeting = between.filter(({ mixes }) => mixes !== undefined).length;
    const begin = meeting === at - layer - 1;
    for (const { mixes } of between) {
      if (begin && mixes !== undefined) layer++;
      ofBlock.push(Math.max(0, layer));
    }
    layer = at;
    if (start < blocks.length) ofBlock.push(at);
  }
  return { ofBlock, count };
}

/** Whether a listed layer attends. */
function isAttention(type: string): boolean {
  return /attention|attn/.test(type) && !/linear|mamba|conv|recurrent/.test(type);
}

/** Numbers in the names of nodes, `/layers.3/attn`, where they rise from layer to layer. */
function nameNumbers(blocks: readonly Block[]): readonly number[] | undefined {
  const numbers = blocks.map(({ self: [site] }) => (site ? numberIn(site.node) : undefined));
  const isRising = numbers.every((number, i) => {
    const before = i === 0 ? -1 : (numbers[i - 1] ?? Infinity);
    return number !== undefined && number > before;
  });
  return isRising && numbers.length > 0 ? (numbers as number[]) : undefined;
}

function numberIn({ name }: Node): number | undefined {
  const found = /(?:^|[/._])(?:layers?|blocks?|h|resblocks|cells?)[._](\d+)(?=[/._]|$)/.exec(
    name,
  )?.[1];
  return found === undefined ? undefined : Number(found);
}
