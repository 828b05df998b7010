import { InspectorError } from '../../protocol/errors';
import type { ModelCard } from '../../protocol/model';
import { hiddenStatesOf, siteCaptures, wantedBy, type Part } from './assemble';
import type {
  CaptureRequest,
  Feeds,
  InstrumentedModel,
  Intervention,
  ModelRun,
} from './instrumentedModel';
import { runPart } from './runPart';
import { elementTypeName } from './runtimeTypes';

/** A model of one graph. */
export class SingleModel implements InstrumentedModel {
  readonly inputs: InstrumentedModel['inputs'];

  constructor(
    readonly card: ModelCard,
    private readonly part: Part,
  ) {
    this.inputs = inputsOf(part);
  }

  async run(
    feeds: Feeds,
    request: CaptureRequest,
    interventions: readonly Intervention[] = [],
  ): Promise<ModelRun> {
    const { part, card } = this;
    const scales = headScales(card, interventions, 0, part.sites.length);
    const run = await runPart(part, feeds, wantedBy(request), scales);
    return {
      sites: siteCaptures(part, run),
      ...hiddenStatesOf(part, run),
      ...logitsOf(part, run.output),
      runTime: run.milliseconds,
    };
  }

  async dispose(): Promise<void> {
    await this.part.graph.session.dispose();
  }
}

/** The inputs of a graph as people feed them. */
export function inputsOf({ graph }: Part): InstrumentedModel['inputs'] {
  return graph.loaded.signature.inputs.map(({ name, elementType, dims }) => ({
    name,
    type: elementTypeName(elementType),
    rank: dims?.length,
  }));
}

/** A graph's output, if it is one of scores over a vocabulary for each token. */
export function logitsOf({ graph }: Part, output: ModelRun['logits']): Pick<ModelRun, 'logits'> {
  const hasLogits = graph.loaded.streams.hasHead && output?.dims.length === 3;
  return hasLogits ? { logits: output } : {};
}

/**
 * Factors per head for the `count` sites from `first` on, by their index in the graph.
 * @throws InspectorError `inputs-wrong`
 */
export function headScales(
  card: ModelCard,
  interventions: readonly Intervention[],
  first: number,
  count: number,
): Map<number, Float32Array> {
  const scales = new Map<number, Float32Array>();
  for (const { site, headScale } of interventions) {
    const heads = card.sites[site]?.heads;
    if (heads === undefined || (headScale && headScale.length !== heads)) {
      throw new InspectorError(
        'inputs-wrong',
        heads === undefined
          ? `There is no attention ${site}: the model has ${card.sites.length}.`
          : `Attention ${site} has ${heads} heads, not ${headScale?.length ?? 0}: give one factor for each.`,
      );
    }
    const index = site - first;
    if (headScale && index >= 0 && index < count) scales.set(index, headScale);
  }
  return scales;
}
