import { InspectorError } from '../../protocol/errors';
import type { ModelCard, Stack } from '../../protocol/model';
import { hiddenStatesOf, projectionOf, siteCaptures, wantedBy } from './assemble';
import { changesOf } from './changes/interventions';
import { HeadSlot, type OutputHead } from './head/headSession';
import { decoderName } from './inputs/inputNames';
import { inputCards } from './inputs/inputCards';
import type { InstrumentedModel } from './instrumentedModel';
import { PairInputs } from './pairInputs';
import type { Part } from './part';
import type { PlainEncoder } from './plainEncoder';
import { positionChange } from './positions/equalPositions';
import { readPositions, type StackPositions } from './positions/positionNumbers';
import type { Missing, Projection } from './projection';
import type { CaptureRequest, Feeds, Intervention, ModelRun, RunOptions } from './run';
import { runPart } from './runPart';
import { graphInputs, logitsOf } from './singleModel';

/** The decoder of a pair whose encoder cannot be shown: that one is run for what the decoder reads. */
export class DecoderModel implements InstrumentedModel {
  readonly card: ModelCard;
  readonly inputs: InstrumentedModel['inputs'];
  readonly #pair: PairInputs;
  readonly #head: HeadSlot;

  /** @param card of the decoder alone */
  constructor(
    card: ModelCard,
    private readonly encoder: PlainEncoder,
    private readonly decoder: Part,
  ) {
    this.card = {
      ...card,
      stacks: ['encoder', 'decoder'],
      layers: { encoder: 0, ...card.layers },
      inputs: [
        ...inputCards(encoder.signature),
        ...inputCards(decoder.graph.loaded.signature, decoderName),
      ],
      fileSize: card.fileSize + encoder.fileSize,
      notes: [`The encoder is run but not shown. ${encoder.reason}`, ...card.notes],
    };
    this.#pair = new PairInputs(graphInputs(encoder.signature), decoder, card.name);
    this.#head = new HeadSlot(decoder, card.name);
    this.inputs = this.#pair.inputs;
  }

  get files(): InstrumentedModel['files'] {
    return new Map([...this.encoder.files, ...this.decoder.graph.loaded.analysis.model.files]);
  }

  async run(
    feeds: Feeds,
    request: CaptureRequest,
    interventions: readonly Intervention[] = [],
    options: RunOptions = {},
  ): Promise<ModelRun> {
    const { decoder, card } = this;
    const started = performance.now();
    const memory = await this.encoder.run(this.#pair.encoderFeeds(feeds));
    const encoded = performance.now() - started;
    const changes = {
      ...changesOf(card, interventions, 0, decoder.sites.length),
      ...(await positionChange(decoder, options)),
    };
    const given = this.#pair.decoderFeeds(feeds, memory);
    const run = await runPart(decoder, given, wantedBy(request), changes);
    const { captures, faults } = siteCaptures(decoder, run, changes.scales);
    return {
      sites: captures,
      refused: faults,
      ...hiddenStatesOf(decoder, run),
      ...logitsOf(decoder, run.output),
      runTime: encoded + run.milliseconds,
    };
  }

  async positions(stack: Stack, length: number, reach: number): Promise<StackPositions> {
    if (stack === 'encoder') throw new InspectorError('not-captured', this.encoder.reason);
    return readPositions(this.decoder, stack, length, reach);
  }

  projection(site: number): Projection | Missing {
    return projectionOf(this.decoder, site);
  }

  head(): Promise<OutputHead> {
    return this.#head.open();
  }

  async dispose(): Promise<void> {
    await this.#head.release();
    await this.encoder.dispose();
    await this.decoder.graph.session.dispose();
  }
}
