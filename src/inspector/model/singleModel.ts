import type { ModelCard, Stack } from '../../protocol/model';
import {
  effectiveOf,
  expertsOf,
  hiddenStatesOf,
  projectionOf,
  siteCaptures,
  wantedBy,
} from './assemble';
import { changesOf } from './changes/interventions';
import { filledUp } from './fixedShape';
import { isRead } from '../onnx/graph/inputRoles';
import { headTie } from './headTie';
import { HeadSlot, type OutputHead } from './head/headSession';
import { isMask, type InputSignature } from './inputs/inputSignature';
import { Inside } from './inside';
import type { GraphInput, InstrumentedModel } from './instrumentedModel';
import type { Part } from './part';
import { Pieces } from './pieces/pieces';
import { checkPoints, pointCaptures, pointChanges, wantedPoints } from './points';
import { positionChange } from './positions/equalPositions';
import { readPositions, type StackPositions } from './positions/positionNumbers';
import type { Missing, Projection } from './projection';
import type { CaptureRequest, Feeds, Intervention, ModelRun, RunOptions } from './run';
import { rowsOf } from './probe/probe';
import { runPart } from './runPart';

/** A model of one graph. */
export class SingleModel implements InstrumentedModel {
  readonly inputs: InstrumentedModel['inputs'];
  readonly #head: HeadSlot;
  readonly #pieces: Pieces;
  readonly #inside: Inside;

  constructor(
    readonly card: ModelCard,
    private readonly part: Part,
    readonly patches?: readonly string[],
  ) {
    this.inputs = inputsOf(part);
    this.#head = new HeadSlot(part, card.name);
    this.#pieces = new Pieces({
      name: card.name,
      parts: [part],
      feeds: (_, given) => filledUp(part.graph.loaded.signature, given).feeds,
      head: () => this.head(),
    });
    this.#inside = new Inside({ parts: [part], feeds: (_, given) => given });
  }

  get files(): InstrumentedModel['files'] {
    return this.part.graph.loaded.analysis.model.files;
  }

  get takesOneRow(): boolean {
    return takesOneRow(this.part);
  }

  async run(
    feeds: Feeds,
    request: CaptureRequest,
    interventions: readonly Intervention[] = [],
    options: RunOptions = {},
  ): Promise<ModelRun> {
    const { part, card } = this;
    checkPoints(
      card,
      (options.overrides ?? []).map(({ at }) => at),
    );
    const changes = {
      ...changesOf(card, interventions, 0, part.sites.length),
      ...(await positionChange(part, options)),
      ...pointChanges(part, options),
    };
    const wanted = { ...wantedBy(request), ...wantedPoints(part, request.points) };
    const run = await runPart(part, feeds, wanted, changes);
    const { captures, faults } = siteCaptures(part, run, changes);
    return {
      sites: captures,
      refused: faults,
      experts: expertsOf(part, run),
      effective: effectiveOf(part, run),
      ...hiddenStatesOf(part, run),
      ...logitsOf(part, run.output),
      ...(request.points ? { points: pointCaptures(part, run, request.points) } : {}),
      runTime: run.milliseconds,
    };
  }

  positions(stack: Stack, length: number, reach: number): Promise<StackPositions> {
    return readPositions(this.part, stack, length, reach);
  }

  projection(site: number): Projection | Missing {
    return projectionOf(this.part, site);
  }

  headTie(): number | Missing {
    return headTie(this.part);
  }

  head(): Promise<OutputHead> {
    return this.#head.open();
  }

  pieces(): Pieces {
    return this.#pieces;
  }

  inside(): Inside {
    return this.#inside;
  }

  async dispose(): Promise<void> {
    await this.#pieces.release();
    await this.#inside.release();
    await this.#head.release();
    await this.part.graph.session.dispose();
  }
}

/** Whether a graph is run on one text at a time. */
export function takesOneRow({ graph }: Part): boolean {
  return graph.takesOneRow || rowsOf(graph.loaded.signature) === 1;
}

/** The inputs of a graph as people feed them. */
export function inputsOf({ graph }: Part): readonly GraphInput[] {
  return graphInputs(graph.loaded.signature);
}

/** The inputs that a signature tells of, as people feed them. */
export function graphInputs(signature: InputSignature): readonly GraphInput[] {
  const { inputs, roles, axes, values } = signature;
  return inputs.map((info): GraphInput => {
    const role = roles.get(info.name) ?? 'other';
    const mask = isMask(signature, info.name) ? values.get(info.name) : undefined;
    return {
      name: info.name,
      role,
      info,
      ...(axes && isRead(role) ? { axes } : {}),
      ...(mask ? { mask } : {}),
    };
  });
}

/** A graph's output, if it is one of scores over a vocabulary for each token. */
export function logitsOf({ graph }: Part, output: ModelRun['logits']): Pick<ModelRun, 'logits'> {
  const hasLogits = graph.loaded.streams.hasHead && output?.dims.length === 3;
  return hasLogits ? { logits: output } : {};
}
