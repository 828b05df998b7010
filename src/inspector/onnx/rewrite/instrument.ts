import { dirname, sep } from 'node:path';
import { ElementType, type Graph, type Model } from '../file/types';
import { makeNode, writeModel } from '../file/writeModel';
import type { Analysis } from '../graph/analysis';
import { elementTypeOf } from '../graph/elementTypes';
import type { Derivation, FoundSite } from '../graph/site';
import type { Points } from '../stream/points/findPoints';
import type { Streams } from '../stream/residualStream';
import { GraphEdit } from './graphEdit';
import { widenHalfInputs } from './halfInputs';
import { maskOverride } from './maskOverride';
import { overridePoints, type PointInputs } from './pointOverride';
import { EQUAL_POSITIONS, positionOverride, type PositionPoint } from './positionOverride';

/** Input that scales the heads of a site; all ones leave every number as it is, bit for bit. */
export function headScaleInput(site: number): string {
  return `attention_debugger/head_scale/${site}`;
}

/** The folder that external data is relative to: the nearest one that holds all of a model's files. */
export function weightsFolder(model: Model): string {
  const paths = [...model.graph.initializers.values()].flatMap(({ data }) =>
    data.kind === 'file' ? data.path : [],
  );
  return paths.map(dirname).reduce(commonFolder, dirname(model.path));
}

function commonFolder(a: string, b: string): string {
  const others = b.split(sep);
  const parts = a.split(sep);
  const differs = parts.findIndex((part, i) => part !== others[i]);
  return differs < 0 ? a : parts.slice(0, differs).join(sep) || sep;
}

/**
 * The model as it is, with its weights left in their files.
 * @param output a tensor that it must put out too
 */
export function plainSkeleton(model: Model, output?: string): Uint8Array {
  const { graph } = model;
  const isMissing = output !== undefined && graph.outputs.every(({ name }) => name !== output);
  const added = isMissing ? [{ name: output, elementType: ElementType.undefined }] : [];
  const whole = { ...model, graph: { ...graph, outputs: [...graph.outputs, ...added] } };
  return writeModel(widenHalfInputs(whole), weightsFolder(model));
}

/** Inputs that cost time in every run, so that they are there only where somebody asks for them. */
export interface ChangeInputs {
  /** Inputs that replace the mask of each site. */
  readonly masks: boolean;
  /** Where an input makes the positions of all tokens equal; no such input where there is none. */
  readonly positions: readonly PositionPoint[];
  /** Inputs that change the numbers of points. */
  readonly points: PointInputs;
}

/** A graph with what was found in it. */
export interface Found {
  readonly analysis: Analysis;
  readonly sites: readonly FoundSite[];
  readonly streams: Streams;
  readonly points: Points;
}

/**
 * The model with everything of interest as outputs and a scale per head as input of each site.
 * @param more tensors beside those of sites and streams that it must put out
 */
export function instrumentedSkeleton(
  found: Found,
  changes: ChangeInputs,
  more: readonly string[] = [],
): Uint8Array {
  const { model } = found.analysis;
  const graph = instrumentedGraph(found, changes, more);
  return writeModel({ ...model, graph }, weightsFolder(model));
}

/** The graph of that model. */
export function instrumentedGraph(
  { analysis, sites, streams, points }: Found,
  changes: ChangeInputs,
  more: readonly string[],
): Graph {
  const { model, index } = analysis;
  const edit = new GraphEdit(index);
  for (const [node, sum] of streams.exposedSums) {
    const outputs = [0, 1, 2].map(i => node.outputs[i] ?? '');
    edit.replace(node, { outputs: [...outputs, sum] });
  }
  for (const [i, site] of sites.entries()) {
    if (site.refusal) continue;
    const { tensor, reader } = site.scalePoint;
    edit.inputs.push({ name: headScaleInput(i), elementType: elementTypeOf(index, tensor) });
    if (reader) {
      const scaled = `${tensor}/scaled/${i}`;
      edit.add(makeNode('Mul', [tensor, headScaleInput(i)], [scaled]));
      edit.replaceInput(reader.node, reader.input, scaled);
    } else {
      const unscaled = `${tensor}/unscaled`;
      edit.rename(tensor, unscaled);
      edit.add(makeNode('Mul', [unscaled, headScaleInput(i)], [tensor]));
    }
    const override = changes.masks ? maskOverride(index, site, i) : undefined;
    if (!override) continue;
    edit.inputs.push(...override.inputs);
    edit.addConstants(override.constants);
    edit.rename(override.tensor, override.original);
    edit.add(...override.nodes);
  }
  if (changes.positions.length) edit.inputs.push(EQUAL_POSITIONS);
  for (const [i, point] of changes.positions.entries()) {
    const override = positionOverride(point, i);
    edit.addConstants(override.constants);
    edit.rename(override.tensor, override.original);
    edit.add(...override.nodes);
  }
  if (changes.points.size > 0) {
    overridePoints(edit, analysis, sites, streams, points.found, changes.points);
  }

  const widened = widenHalfInputs({ ...model, graph: edit.graph() });
  const outputs = [...model.graph.outputs];
  const visible = new Set([...widened.graph.inputs, ...outputs].map(({ name }) => name));
  for (const name of [...observedTensors(sites, streams), ...more]) {
    if (!visible.has(name)) outputs.push({ name, elementType: 0 });
    visible.add(name);
  }
  return { ...widened.graph, outputs };
}

/** Every tensor that a capture can ask for. */
function observedTensors(sites: readonly FoundSite[], { streams, output }: Streams): string[] {
  return [
    ...(output ? [output] : []),
    ...sites.flatMap(site => [
      ...Object.values(site.views).map(({ tensor }) => tensor),
      ...site.scale.flatMap(factor => ('tensor' in factor ? factor.tensor : [])),
      ...derivationInputs(site),
    ]),
    ...streams.flatMap(({ beforeLayers, residual, normed }) => [
      ...beforeLayers.filter(tensor => tensor !== undefined),
      ...(residual ? [residual] : []),
      ...(normed ? [normed] : []),
    ]),
  ];
}

/** Tensors that a derivation takes from the main session or from stored weights. */
export function derivationInputs({ derived }: FoundSite): readonly string[] {
  if (!derived) return [];
  const inputs = knownInputs.get(derived) ?? inputsOfDerivation(derived);
  knownInputs.set(derived, inputs);
  return inputs;
}

/** Every run asks for them. */
const knownInputs = new WeakMap<Derivation, readonly string[]>();

function inputsOfDerivation(derived: Derivation): readonly string[] {
  const own = new Set([
    ...derived.nodes.flatMap(({ outputs }) => outputs),
    ...derived.constants.map(({ name }) => name),
  ]);
  const inputs = derived.nodes.flatMap(node => node.inputs.filter(name => name && !own.has(name)));
  return [...new Set(inputs)];
}
