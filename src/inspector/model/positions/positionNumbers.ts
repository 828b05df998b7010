import type { AttentionSite, Stack } from '../../../protocol/model';
import { addedToScores, type AddedToScores } from '../../onnx/find/positionBias';
import { rotationTensors } from '../../onnx/find/rotationTensors';
import type { FoundSite } from '../../onnx/graph/site';
import type { Tensor } from '../../runtime/tensor';
import type { Part } from '../part';
import { readTensors } from '../probe/readTensors';
import { biasByDistance, isBiased, slopesOf, type DistanceBias } from './distanceBias';
import { isToldNothing } from './equalPositions';
import { rotationNumbers, type RotationNumbers } from './rotationNumbers';
import { tableNumbers, type TableNumbers } from './tableNumbers';

/** The numbers behind one layer's own knowledge of order. */
export interface LayerPositions {
  readonly layer: number;
  readonly rotation?: RotationNumbers;
  readonly bias?: DistanceBias;
  /** ALiBi `[heads]`. */
  readonly slopes?: Float32Array;
  /** Names of the graph's tensors that the numbers are of: layers may share them. */
  readonly source: string;
}

/** How a stack knows order, as its graph computes it. */
export interface StackPositions {
  /** Added to the embeddings. */
  readonly table?: TableNumbers;
  readonly layers: readonly LayerPositions[];
  /** Neither table nor layers: a run showed that tokens are told apart by what they say alone. */
  readonly isNone: boolean;
}

/** Longer texts than this are not needed to see every distance that a bias tells apart. */
const LARGEST_BIAS = 320;
/** Tokens that slopes are read from. */
const SLOPE_TOKENS = 16;

/**
 * Reads the numbers of a stack's position scheme by running the parts of the graph that make them.
 * @param length tokens of the text at hand: some frequencies depend on it
 * @param reach distances up to which a bias is read
 */
export async function readPositions(
  part: Part,
  stack: Stack,
  length: number,
  reach: number,
): Promise<StackPositions> {
  const { graph, sites, stacks } = part;
  const { analysis, streams } = graph.loaded;
  const own = sites.flatMap((site, i) => {
    const found = graph.loaded.sites[i];
    return found && site.stack === stack && site.kind === 'self' ? [{ site, found }] : [];
  });
  const firstLayer = streams.streams[stacks.indexOf(stack)]?.beforeLayers[0];
  const table = firstLayer ? await tableNumbers(graph, firstLayer) : undefined;

  const room = graph.maximumPositions ?? Infinity;
  const rotated = own.filter(({ site }) => site.positional.kind === 'rotary');
  const biased = own.filter(({ site }) => isBiased(site));
  const needsReach = biased.some(({ site }) => site.positional.kind === 'relativeBias');
  const biasLength = needsReach
    ? Math.min(LARGEST_BIAS, room, Math.max(length, reach + 1))
    : Math.min(SLOPE_TOKENS, room);
  const rotations = await readAll(
    part,
    Math.min(room, Math.max(length, 3)),
    rotated.map(({ found }) => {
      const { angles, tables, factors } = rotationTensors(analysis, found);
      return [...angles, ...tables, ...factors];
    }),
  );
  const added = biased.map(({ found }) => addedToScores(analysis, found));
  const biases = await readAll(
    part,
    biasLength,
    added.map(each => each.map(({ tensor }) => tensor)),
  );
  const layers = [
    ...rotated.flatMap(({ site, found }) => rotationOf(part, site, found, rotations)),
    ...biased.flatMap(({ site, found }, i) =>
      // What depends on the text besides is no bias by distance.
      found.hasContentBias
        ? [{ layer: site.layer, bias: NO_BIAS, source: '' }]
        : biasOf(site, added[i] ?? [], biases),
    ),
  ];
  const isNone = !table && layers.length === 0 && (await isToldNothing(part, stack));
  return { ...(table ? { table } : {}), layers, isNone };
}

const NO_BIAS: DistanceBias = { firstDistance: 0, bias: new Float32Array() };

function rotationOf(
  { graph }: Part,
  { layer }: AttentionSite,
  found: FoundSite,
  read: ReadonlyMap<string, Tensor>,
): LayerPositions[] {
  const tensors = rotationTensors(graph.loaded.analysis, found);
  const rotation = rotationNumbers(tensors, read);
  if (!rotation) return [];
  return [{ layer, rotation, source: [...tensors.angles, ...tensors.tables].join() }];
}

function biasOf(
  { layer, heads, positional }: AttentionSite,
  added: readonly AddedToScores[],
  read: ReadonlyMap<string, Tensor>,
): LayerPositions[] {
  const tensors = added.flatMap(({ tensor, sign }) => {
    const values = read.get(tensor);
    return values ? [{ ...values, sign }] : [];
  });
  if (tensors.length === 0) return [];
  const source = added.map(({ tensor }) => tensor).join();
  if (positional.kind === 'alibi') {
    return [{ layer, slopes: slopesOf(tensors, heads), source }];
  }
  return [{ layer, bias: biasByDistance(tensors, heads), source }];
}

/** Tensors by name, each computed once however many layers share it. */
async function readAll(
  { graph }: Part,
  length: number,
  names: readonly (readonly string[])[],
): Promise<ReadonlyMap<string, Tensor>> {
  const each = [...new Set(names.flat())];
  const tensors = await readTensors(graph.loaded, each, length);
  return new Map(
    each.flatMap((name, i) => {
      const tensor = tensors[i];
      return tensor ? [[name, tensor] as const] : [];
    }),
  );
}
