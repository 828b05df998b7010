import { InspectorError } from '../../protocol/errors';
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
import { headTie } from './headTie';
import { HeadSlot, type OutputHead } from './head/headSession';
import { Inside } from './inside';
import type { InstrumentedModel } from './instrumentedModel';
import { PairInputs } from './pairInputs';
import type { Part } from './part';
import { Pieces } from './pieces/pieces';
import { checkPoints, pointCaptures, pointChanges, wantedPoints } from './points';
import { positionChange } from './positions/equalPositions';
import { readPositions, type StackPositions } from './positions/positionNumbers';
import type { Missing, Projection } from './projection';
import type { CaptureRequest, Feeds, Intervention, ModelRun, RunOptions } from './run';
import { runPart } from './runPart';
import { inputsOf, logitsOf, takesOneRow } from './singleModel';

/** A model whose encoder and decoder are graphs of their own; the encoder's output feeds the decoder. */
export class PairModel implements InstrumentedModel {
  /** The encoder's inputs by their own names, the decoder's by theirs after `decoder_`. */
  readonly inputs: InstrumentedModel['inputs'];
  readonly #pair: PairInputs;
  readonly #head: HeadSlot;
  readonly #pieces: Pieces;
  readonly #inside: Inside;

  constructor(
    readonly card: ModelCard,
    private readonly encoder: Part,
    private readonly decoder: Part,
  ) {
    this.#pair = new PairInputs(inputsOf(encoder), decoder, card.name);
    this.#head = new HeadSlot(decoder, card.name);
    this.inputs = this.#pair.inputs;
    this.#pieces = new Pieces({
      name: card.name,
      parts: [encoder, decoder],
      feeds: (part, given, memory) => {
        const [{ graph }, own] =
          part === 0 || !memory
            ? [encoder, this.#pair.encoderFeeds(given)]
            : [decoder, this.#pair.decoderFeeds(given, memory)];
        return filledUp(graph.loaded.signature, own).feeds;
      },
      memory: this.#pair.memory,
      head: () => this.head(),
    });
    this.#inside = new Inside({
      parts: [encoder, decoder],
      feeds: (part, given, memory) =>
        part === 0 || !memory
          ? this.#pair.encoderFeeds(given)
          : this.#pair.decoderFeeds(given, memory),
    });
  }

  get files(): InstrumentedModel['files'] {
    const parts = [this.encoder, this.decoder];
    return new Map(parts.flatMap(({ graph }) => [...graph.loaded.analysis.model.files]));
  }

  get takesOneRow(): boolean {
    return takesOneRow(this.encoder) || takesOneRow(this.decoder);
  }

  async run(
    feeds: Feeds,
    request: CaptureRequest,
    interventions: readonly Intervention[] = [],
    options: RunOptions = {},
  ): Promise<ModelRun> {
    const { encoder, decoder, card } = this;
    const count = encoder.sites.length;
    const encoderFeeds = this.#pair.encoderFeeds(feeds);
    checkPoints(
      card,
      (options.overrides ?? []).map(({ at }) => at),
    );
    const encoderChanges = {
      ...changesOf(card, interventions, 0, count),
      ...(await positionChange(encoder, options)),
      ...pointChanges(encoder, options),
    };
    const first = await runPart(
      encoder,
      encoderFeeds,
      { ...wantedBy(request), ...wantedPoints(encoder, request.points), output: true },
      encoderChanges,
    );
    if (!first.output)
      throw new InspectorError(
        'internal',
        'The encoder of this model gave no output: please report this model.',
      );
    const decoderChanges = {
      ...changesOf(card, interventions, count, decoder.sites.length),
      ...(await positionChange(decoder, options)),
      ...pointChanges(decoder, options),
    };
    const second = await runPart(
      decoder,
      this.#pair.decoderFeeds(feeds, { dims: first.output.dims, data: first.output.data }),
      { ...wantedBy(request, count), ...wantedPoints(decoder, request.points) },
      decoderChanges,
    );
    const encoderStates = hiddenStatesOf(encoder, first);
    const decoderStates = hiddenStatesOf(decoder, second);
    const ofEncoder = siteCaptures(encoder, first, encoderChanges);
    const ofDecoder = siteCaptures(decoder, second, decoderChanges);
    return {
      sites: [...ofEncoder.captures, ...ofDecoder.captures],
      refused: new Map([
        ...ofEncoder.faults,
        ...[...ofDecoder.faults].map(([i, fault]) => [i + count, fault] as const),
      ]),
      experts: [...expertsOf(encoder, first), ...expertsOf(decoder, second)],
      effective: [...effectiveOf(encoder, first), ...effectiveOf(decoder, second)],
      hiddenStates: { ...encoderStates.hiddenStates, ...decoderStates.hiddenStates },
      lastResidual: { ...encoderStates.lastResidual, ...decoderStates.lastResidual },
      ...logitsOf(decoder, second.output),
      ...(request.points
        ? {
            points: [
              ...pointCaptures(encoder, first, request.points),
              ...pointCaptures(decoder, second, request.points),
            ],
          }
        : {}),
      runTime: first.milliseconds + second.milliseconds,
    };
  }

  positions(stack: Stack, length: number, reach: number): Promise<StackPositions> {
    const part = this.encoder.stacks.includes(stack) ? this.encoder : this.decoder;
    return readPositions(part, stack, length, reach);
  }

  projection(site: number): Projection | Missing {
    const count = this.encoder.sites.length;
    return site < count
      ? projectionOf(this.encoder, site)
      : projectionOf(this.decoder, site - count);
  }

  headTie(): number | Missing {
    return headTie(this.decoder);
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
    await this.encoder.graph.session.dispose();
    await this.decoder.graph.session.dispose();
  }
}
