import { ElementType, type Node } from '../file/types';
import { makeNode } from '../file/writeModel';
import type { Analysis } from '../graph/analysis';
import { elementTypeOf } from '../graph/elementTypes';
import type { FoundSite } from '../graph/site';
import { biasedName, biasInput, graphTensor } from '../stream/points/added';
import type { FoundPoint, FusedAddition, GraphPoint, PointTensor } from '../stream/points/point';
import type { Streams } from '../stream/residualStream';
import { forcedRows, type ForcePart } from './forcedRows';
import type { GraphEdit } from './graphEdit';

/**
 * Kinds of points that have inputs, in all layers, and how often the rows of each can be forced: more than
 * 0 for weights alone.
 */
export type PointInputs = ReadonlyMap<GraphPoint, number>;

/** What of a tensor an input changes: x becomes (mask ? value : x) · keep + add, and then rows are forced. */
export type PointPart = 'mask' | 'value' | 'keep' | 'add' | ForcePart;

/**
 * The input that changes one tensor of a point.
 * @param point by its place among the graph's points
 * @param tensor by its place among the point's tensors
 * @param stage how often its rows were forced before
 */
export function pointInput(part: PointPart, point: number, tensor: number, stage: number): string {
  return `attention_debugger/point/${point}/${tensor}/${stage}/${part}`;
}

/** Masked scores are not multiplied: 0 · −∞ is no number. */
export function isMultiplied({ point }: Pick<FoundPoint, 'point'>): boolean {
  return point !== 'maskedScores';
}

/**
 * Puts inputs before everything that reads the numbers of some points.
 * @param isThere whether a point lies in the part of the graph that is run
 */
export function overridePoints(
  edit: GraphEdit,
  analysis: Analysis,
  sites: readonly FoundSite[],
  streams: Streams,
  points: readonly FoundPoint[],
  wanted: PointInputs,
  isThere: (found: FoundPoint) => boolean = () => true,
): void {
  const apart = new Map<Node, FusedAddition>();
  for (const found of points) {
    if (!wanted.has(found.point) || !isThere(found)) continue;
    for (const { tensor, fused } of found.tensors) {
      if (!fused) continue;
      // Which of the two is added matters where its bias is added with it.
      const isAdded = tensor !== fused.node.outputs[3];
      if (isAdded || !apart.has(fused.node)) apart.set(fused.node, fused);
    }
  }
  for (const fused of apart.values()) takeApart(edit, fused, streams.exposedSums.get(fused.node));
  for (const [i, found] of points.entries()) {
    const forced = wanted.get(found.point);
    if (forced === undefined || !isThere(found)) continue;
    for (const [j, tensor] of found.tensors.entries()) {
      const hasSink = sites[found.site ?? -1]?.sink !== undefined;
      overrideTensor(edit, analysis, found, tensor, forced, hasSink, (part, stage) =>
        pointInput(part, i, j, stage),
      );
    }
  }
}

/** An addition and a normalisation of its sum, in place of a node that does both. */
function takeApart(edit: GraphEdit, { node, branch }: FusedAddition, exposed?: string): void {
  const [normed = ''] = node.outputs;
  const [stream, added] = [node.inputs[1 - branch] ?? '', node.inputs[branch] ?? ''];
  const total = exposed ?? (node.outputs[3] || `${normed}/total`);
  const at = biasInput(node);
  const bias = node.inputs[at];
  if (bias) edit.add(makeNode('Add', [added, bias], [biasedName(added)]));
  const zeros = `${total}/zeros`;
  edit.add(
    makeNode('Add', [stream, bias ? biasedName(added) : added], [total]),
    makeNode('Sub', [total, total], [zeros]),
  );
  edit.replace(node, {
    inputs: [total, zeros, ...node.inputs.slice(2, at)],
    outputs: [normed],
  });
}

function overrideTensor(
  edit: GraphEdit,
  analysis: Analysis,
  found: FoundPoint,
  own: PointTensor,
  forced: number,
  hasSink: boolean,
  input: (part: PointPart, stage: number) => string,
): void {
  const { tensor } = own;
  const elementType = elementTypeOf(analysis.index, graphTensor(own));
  const { bool } = ElementType;
  const original = `${tensor}/point`;
  edit.rename(tensor, original);
  let current = original;
  for (let stage = 0; stage <= forced; stage++) {
    const name = (part: string) => `${tensor}/${part}/${stage}`;
    const isLast = stage === forced;
    const result = isLast ? tensor : name('added');
    const types = { mask: bool, value: elementType, add: elementType };
    for (const [part, type] of Object.entries(types)) {
      edit.inputs.push({ name: input(part as PointPart, stage), elementType: type });
    }
    edit.add(
      makeNode('Where', [input('mask', stage), input('value', stage), current], [name('replaced')]),
    );
    current = name('replaced');
    if (isMultiplied(found)) {
      edit.inputs.push({ name: input('keep', stage), elementType });
      edit.add(makeNode('Mul', [current, input('keep', stage)], [name('kept')]));
      current = name('kept');
    }
    edit.add(makeNode('Add', [current, input('add', stage)], [result]));
    current = result;
    if (isLast) continue;
    const { layout } = own;
    const opset = analysis.model.opsets.get('') ?? 0;
    const rows = { tensor: current, elementType, layout, hasSink, opset };
    current = forcedRows(edit, rows, name, part => input(part, stage));
  }
}
