import { basename } from 'node:path';
import { InspectorError } from '../../../protocol/errors';
import type { SiteSource } from '../../../protocol/source';
import { readModel } from '../../onnx/file/readModel';
import type { Model } from '../../onnx/file/types';
import { crossSites } from '../../onnx/find/crossAttention';
import { enclosedAttention } from '../../onnx/find/enclosedAttention';
import { findRecurrences } from '../../onnx/find/linearAttention';
import { findSpelledOut } from '../../onnx/find/spelledOut/findSpelledOut';
import { findRouters } from '../../onnx/find/experts/findRouters';
import { findAttention } from '../../onnx/find/findAttention';
import { hoistBranch } from '../../onnx/find/hoistBranch';
import type { Unmatched } from '../../onnx/find/softmaxSites';
import { oneALayer } from '../../onnx/find/twins';
import { tokenTable } from '../../onnx/find/tokenTable';
import { analyse, type Analysis } from '../../onnx/graph/analysis';
import { Lineage } from '../../onnx/graph/lineage';
import { nodeLabel } from '../../onnx/graph/nodeLabel';
import type { FoundRecurrence } from '../../onnx/graph/recurrence';
import type { FoundRouter } from '../../onnx/graph/router';
import type { FoundSite } from '../../onnx/graph/site';
import { withStoredReshapes } from '../../onnx/graph/storedReshapes';
import type { LayerPlan } from '../../onnx/stream/layerNumbers';
import { findPoints, type Points } from '../../onnx/stream/points/findPoints';
import { findStreams, type LayerPlans, type Streams } from '../../onnx/stream/residualStream';
import { signatureOf, type InputShapes, type InputSignature } from '../inputs/inputSignature';
import { givenPicture, towerError } from './towers';
import { siteSources } from './siteSources';

/** A graph whose attention was found; nothing is in the runtime yet. */
export interface LoadedGraph {
  readonly analysis: Analysis;
  /** Which of the model's texts each hidden tensor comes from. */
  readonly lineage: Lineage;
  readonly sites: readonly FoundSite[];
  readonly unmatched: readonly Unmatched[];
  /** What chooses the experts of its layers, in the order of computation. */
  readonly routers: readonly FoundRouter[];
  /** Linear attentions: those in one operator, then those that are spelled out. */
  readonly recurrences: readonly FoundRecurrence[];
  readonly streams: Streams;
  /** Where its numbers can be changed. */
  readonly points: Points;
  readonly signature: InputSignature;
  /** The input whose pixels it reads in place of a text. */
  readonly picture?: string;
  /** Where each site is written in Python, by the order of the sites. */
  readonly sources: readonly (SiteSource | undefined)[];
}

/** What a configuration says of the layers of a graph, whatever it reads. */
export interface GraphPlans extends LayerPlans {
  /** Of those that read pixels. */
  readonly ofPicture?: LayerPlan;
}

const noPlans: GraphPlans = { encoder: {}, main: {} };

/** Keys and values of the past are two for each layer; more inputs than this take long to try. */
const MOST_INPUTS = 1000;

/** A graph that is in no file. */
export interface BuiltGraph {
  readonly model: Model;
  /** What it is called in sentences. */
  readonly name: string;
}

/**
 * Reads a graph and finds its attention.
 * @param origin the path of its file, or the graph itself
 * @param plans what the configuration says of its layers, of those that read pixels too
 * @param shapes of what is about to be fed: pixels make a graph one that reads their patches
 * @throws InspectorError `model-missing`, `model-broken`, `model-unsupported`
 */
export function loadGraph(
  origin: string | BuiltGraph,
  plans: GraphPlans = noPlans,
  shapes: InputShapes = {},
): LoadedGraph {
  const ofText = readAnalysis(origin);
  const picture = givenPicture(ofText, shapes);
  const analysis = picture === undefined ? ofText : analyse(ofText.model, picture);
  const found = findAttention(analysis);
  const lineage = new Lineage(analysis, found.sites);
  const cross = crossSites(lineage, found.sites);
  const sites = oneALayer(
    lineage,
    found.sites.map(site => (cross.has(site) ? { ...site, isCross: true } : site)),
  );
  const { routers, unmatched: others } = findRouters(analysis, found.unmatched);
  const unmatched = [...enclosedAttention(analysis.model), ...others];
  const refused = sites.flatMap(({ node, refusal }) =>
    refusal ? [{ node, reason: refusal }] : [],
  );
  if (refused.length === sites.length)
    throw noAttention(nameOf(origin), analysis, [...refused, ...unmatched], shapes);
  const choices = routers.map(({ node }) => node);
  const own = picture === undefined ? plans : { encoder: {}, main: plans.ofPicture ?? plans.main };
  const streams = findStreams(analysis, sites, own, choices);
  const ordered = inStreamOrder(sites, streams);
  return {
    analysis,
    lineage,
    sites: ordered,
    unmatched,
    routers,
    recurrences: [...findRecurrences(analysis), ...findSpelledOut(analysis, streams.output)],
    streams,
    points: findPoints(analysis, ordered, streams),
    signature: signatureOf(
      analysis,
      picture === undefined ? tokenTable(analysis)?.rows : undefined,
    ),
    ...(picture === undefined ? {} : { picture }),
    sources: siteSources(analysis, ordered),
  };
}

/**
 * Reads a graph that is run for its first output alone.
 * @throws InspectorError `model-missing`, `model-broken`, `model-unsupported`
 */
export function loadPlainGraph(path: string): LoadedGraph {
  const analysis = readAnalysis(path);
  const output = analysis.model.graph.outputs[0]?.name;
  return {
    analysis,
    lineage: new Lineage(analysis, []),
    sites: [],
    unmatched: [],
    routers: [],
    recurrences: [],
    sources: [],
    points: { found: [], missing: [] },
    streams: { streams: [], ...(output ? { output } : {}), hasHead: false, exposedSums: new Map() },
    signature: signatureOf(analysis, tokenTable(analysis)?.rows),
  };
}

/** What a graph is called in sentences. */
export function nameOf(origin: string | BuiltGraph): string {
  return typeof origin === 'string' ? basename(origin) : origin.name;
}

/** @throws InspectorError `model-missing`, `model-broken`, `model-unsupported` */
export function readAnalysis(origin: string | BuiltGraph): Analysis {
  const read = typeof origin === 'string' ? readModel(origin) : origin.model;
  const count = read.graph.inputs.filter(({ name }) => !read.graph.initializers.has(name)).length;
  if (count > MOST_INPUTS) {
    const [had, most] = [count, MOST_INPUTS].map(n => n.toLocaleString('en'));
    throw new InspectorError(
      'model-unsupported',
      `${nameOf(origin)} has ${had} inputs, and no more than ${most} are fed: choose another export of the model.`,
    );
  }
  return analyse(withStoredReshapes(hoistBranch(read)));
}

/** Encoder before decoder, whatever the order in which the exporter wrote their nodes. */
function inStreamOrder(sites: readonly FoundSite[], { streams }: Streams): FoundSite[] {
  const placed = streams.flatMap(stream => stream.sites);
  return [...placed, ...sites.filter(site => !placed.includes(site))];
}

function noAttention(
  name: string,
  { roles }: Analysis,
  [nearest]: readonly Unmatched[],
  shapes: InputShapes,
): InspectorError {
  const tower = towerError(name, roles, shapes);
  if (tower) return tower;
  const reason = nearest
    ? `${nodeLabel(nearest.node)} is not shown because ${nearest.reason}`
    : 'it has no softmax over hidden states and no attention operator';
  return new InspectorError(
    'model-unsupported',
    `No attention was found in ${name} that can be shown: ${reason}. Choose another export of the model, or a transformer.`,
  );
}
