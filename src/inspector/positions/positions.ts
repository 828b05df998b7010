import { InspectorError } from '../../protocol/errors';
import type { AttentionSite, Stack } from '../../protocol/model';
import type { Positions, PositionScheme } from '../../protocol/positions';
import type { Capture } from '../capture/capture';
import { modelOf } from '../capture/madeWith';
import type { LayerPositions, StackPositions } from '../model/positions/positionNumbers';
import type { ModelStore } from '../store/modelStore';
import { otherLayersNotes, schemeNotes, tableNotes } from './notes';
import { positionConfiguration, type PositionConfiguration } from './positionConfiguration';
import { rotaryBase } from './rotaryBase';
import { storedPositions } from './storedPositions';

/** Farthest distance that a bias is read for where nothing tells of one: T5's own. */
const USUAL_REACH = 128;

/**
 * How a stack knows order, with the numbers of its own graph and weights. Where its layers differ, the
 * scheme of most of them, and a sentence about the others.
 * @throws InspectorError `not-captured` where the numbers cannot be read, `inputs-wrong`
 */
export async function positions(
  capture: Capture,
  stack: Stack,
  store: ModelStore,
): Promise<Positions> {
  const { model, tokens, file } = capture.summary;
  const sites = model.sites.filter(site => site.stack === stack && site.kind === 'self');
  const [firstSite] = sites;
  if (!firstSite) {
    throw new InspectorError(
      'not-captured',
      `${model.name} has no ${stack} whose self-attention was found, so there are no positions to show.`,
    );
  }
  if (file !== undefined) return storedPositions(capture, stack, sites);

  const opened = await modelOf(capture, store);
  const about = await positionConfiguration(model.path, 0);
  const length = tokens[stack]?.length ?? 1;
  const numbers = await opened.positions(stack, length, about.maxDistance ?? USUAL_REACH);
  const group = largestGroup(numbers.layers);
  const [main] = group;
  if (!main) return withoutLayers(model.name, stack, sites, numbers, about);

  const config = await positionConfiguration(model.path, main.layer);
  const site = sites.find(({ layer }) => layer === main.layer) ?? firstSite;
  const layers = group.map(({ layer }) => layer);
  return {
    stack,
    layers,
    scheme: schemeOf(main, site, config),
    notes: [
      ...schemeNotes(main, group, config, numbers),
      ...otherLayersNotes(numbers, sites, layers),
    ],
  };
}

/** Layers whose attention itself is told nothing: a table, no positions, or something unreadable. */
function withoutLayers(
  name: string,
  stack: Stack,
  sites: readonly AttentionSite[],
  { table, isNone }: StackPositions,
  about: PositionConfiguration,
): Positions {
  const layers = sites.map(({ layer }) => layer);
  if (table) {
    const { isSinusoidal, rows, dims, values, total } = table;
    const kind = isSinusoidal ? 'sinusoidal' : 'learned';
    const scheme = { kind, table: { first: 0, rows, dims, values, total } } as const;
    return { stack, layers, scheme, notes: tableNotes(table, about) };
  }
  if (isNone) return { stack, layers, scheme: { kind: 'none' }, notes: [] };
  throw new InspectorError(
    'not-captured',
    `The positions of ${name} cannot be shown: its ${stack} tells tokens apart by their place, and the graph does not show how. Choose another export, without fused operators.`,
  );
}

function schemeOf(
  { rotation, bias, slopes }: LayerPositions,
  { heads, headDim, positional }: AttentionSite,
  { scaling, maxDistance, bases }: PositionConfiguration,
): PositionScheme {
  if (rotation) {
    const { frequencies, isInterleaved } = rotation;
    const base = rotaryBase(rotation, bases);
    return {
      kind: 'rotary',
      frequencies,
      headDim,
      rotaryDim: 2 * frequencies.length,
      ...(isInterleaved === undefined ? {} : { isInterleaved }),
      ...(base === undefined ? {} : { base }),
      ...(scaling === undefined ? {} : { scaling }),
    };
  }
  if (slopes) return { kind: 'alibi', slopes };
  const buckets = positional.kind === 'relativeBias' ? positional.buckets : undefined;
  return {
    kind: 'relativeBias',
    heads,
    firstDistance: bias?.firstDistance ?? 0,
    bias: bias?.bias ?? new Float32Array(),
    ...(buckets === undefined ? {} : { buckets }),
    ...(buckets === undefined || maxDistance === undefined ? {} : { maxDistance }),
  };
}

/** The layers with the numbers that most layers have; of as many the earlier ones. */
function largestGroup(layers: readonly LayerPositions[]): readonly LayerPositions[] {
  const groups: LayerPositions[][] = [];
  for (const layer of layers) {
    const known = groups.find(([first]) => first && areEqual(first, layer));
    if (known) known.push(layer);
    else groups.push([layer]);
  }
  return groups.reduce<LayerPositions[]>(
    (most, group) => (group.length > most.length ? group : most),
    [],
  );
}

/** Whether two layers have the same numbers, up to rounding. */
function areEqual(a: LayerPositions, b: LayerPositions): boolean {
  if (a.source === b.source) return true;
  return haveSameNumbers(numbersOf(a), numbersOf(b));
}

function numbersOf({ rotation, bias, slopes }: LayerPositions): readonly number[] {
  return [
    ...(rotation ? [rotation.scaling, ...rotation.frequencies] : []),
    ...(bias?.bias ?? []),
    ...(slopes ?? []),
  ];
}

function haveSameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => isNear(value, b[i] ?? NaN));
}

function isNear(a: number, b: number): boolean {
  return Object.is(a, b) || Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(a));
}
