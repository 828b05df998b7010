import type { AttentionSite } from '../../protocol/model';
import type { LayerPositions, StackPositions } from '../model/positions/positionNumbers';
import type { TableNumbers } from '../model/positions/tableNumbers';
import type { PositionConfiguration } from './positionConfiguration';
import { rotaryBase } from './rotaryBase';

/** What people should know about the scheme of most layers, one sentence each. */
export function schemeNotes(
  { rotation, bias }: LayerPositions,
  group: readonly LayerPositions[],
  { scaling, factor, trainedOn }: PositionConfiguration,
  { table }: StackPositions,
): string[] {
  const notes: string[] = [];
  if (rotation && scaling !== undefined) {
    const by = factor === undefined ? '' : ` by ${factor}`;
    notes.push(
      scaling === 'linear'
        ? `All positions are divided${by} before they become angles (linear scaling).`
        : `Its frequencies were scaled${by} (${scaling}), so that it can read longer texts than it was first trained on.`,
    );
  }
  if (rotation && Math.abs(rotation.scaling - 1) > 1e-6) {
    const times = Number(rotation.scaling.toPrecision(4));
    notes.push(
      `Rotated queries and keys are also made ${times} times as long, so their scores ${Number((rotation.scaling ** 2).toPrecision(4))} times as large.`,
    );
  }
  if (bias && group.length > 1) {
    const [first] = group;
    notes.push(
      group.every(({ source }) => source === first?.source)
        ? `One bias is shared by ${layerList(group.map(({ layer }) => layer))}.`
        : `${capitalised(layerList(group.map(({ layer }) => layer)))} have the same bias.`,
    );
  }
  if (bias?.bias.length === 0) {
    notes.push('What it adds to its scores also depends on the text, so there is no bias to list.');
  }
  if (table) {
    const kind = table.isSinusoidal ? 'table of sines and cosines' : 'learned table';
    notes.push(`A ${kind} of positions is added to its embeddings besides.`);
  }
  if (trainedOn !== undefined) {
    notes.push(trainingNote(trainedOn));
  }
  return notes;
}

/** What people should know about a table that is added to the embeddings, one sentence each. */
export function tableNotes(
  { rows, total, skipped, isComputed }: TableNumbers,
  { trainedOn }: PositionConfiguration,
): string[] {
  const count = (tokens: number) => tokens.toLocaleString('en');
  return [
    ...(isComputed ? ['The graph computes its sines for as many positions as a text has.'] : []),
    ...(skipped > 0
      ? [
          `The first token gets row ${skipped} of the stored table: the rows before it stand for no token of a text.`,
        ]
      : []),
    ...(rows < total ? [`The first ${rows} of ${count(total)} positions are shown.`] : []),
    ...(trainedOn !== undefined && trainedOn < total ? [trainingNote(trainedOn)] : []),
  ];
}

function trainingNote(tokens: number): string {
  return `The model was trained on texts of up to ${tokens.toLocaleString('en')} tokens.`;
}

/** How the layers that are not shown differ from those that are, one sentence for each kind. */
export function otherLayersNotes(
  { layers }: StackPositions,
  sites: readonly AttentionSite[],
  shown: readonly number[],
): string[] {
  const others = new Map<string, number[]>();
  for (const { layer, positional } of sites) {
    if (shown.includes(layer)) continue;
    const what = difference(
      layers.find(other => other.layer === layer),
      positional.kind,
    );
    others.set(what, [...(others.get(what) ?? []), layer]);
  }
  return [...others].map(([what, list]) => `In ${layerList(list)}, ${what}.`);
}

function difference(
  own: LayerPositions | undefined,
  kind: AttentionSite['positional']['kind'],
): string {
  if (own?.rotation) {
    const base = rotaryBase(own.rotation);
    return base === undefined
      ? 'the frequencies are others'
      : `the base is ${base.toLocaleString('en')} instead`;
  }
  if (own?.bias) return 'another bias is added';
  if (own?.slopes) return 'the slopes are others';
  return kind === 'none'
    ? 'attention is told no positions'
    : 'positions enter in a way that cannot be shown';
}

/** “layer 3”, “layers 0, 2 and 4”, “layers 0 to 5”. */
export function layerList(layers: readonly number[]): string {
  const [first = 0] = layers;
  const last = layers.at(-1) ?? 0;
  if (layers.length === 1) return `layer ${first}`;
  const isRange = layers.length > 2 && last - first === layers.length - 1;
  if (isRange) return `layers ${first} to ${last}`;
  return `layers ${layers.slice(0, -1).join(', ')} and ${last}`;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
