import { InspectorError } from '../../protocol/errors';
import type { ModelCard, Stack } from '../../protocol/model';
import type { OutputHead } from './head/headSession';
import { decoderName } from './inputs/inputNames';
import { inputCards } from './inputs/inputCards';
import { Inside } from './inside';
import type { InstrumentedModel } from './instrumentedModel';
import { PairInputs } from './pairInputs';
import type { Part } from './part';
import type { PlainEncoder } from './plainEncoder';
import type { Pieces } from './pieces/pieces';
import type { StackPositions } from './positions/positionNumbers';
import type { Missing, Projection } from './projection';
import type { CaptureRequest, Feeds, Intervention, ModelRun, RunOptions } from './run';
import { graphInputs, SingleModel } from './singleModel';

/** The decoder of a pair whose encoder cannot be shown: that one is run for what the decoder reads. */
export class DecoderModel implements InstrumentedModel {
  readonly card: ModelCard;
  readonly inputs: InstrumentedModel['inputs'];
  readonly #pair: PairInputs;
  readonly #decoder: SingleModel;
  readonly #inside: Inside;

  /** @param card of the decoder alone */
  constructor(
    card: ModelCard,
    private readonly encoder: PlainEncoder,
    decoder: Part,
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
    this.#decoder = new SingleModel(this.card, decoder);
    this.inputs = this.#pair.inputs;
    this.#inside = new Inside({
      parts: [decoder],
      feeds: async (_, given) =>
        this.#pair.decoderFeeds(given, await encoder.run(this.#pair.encoderFeeds(given))),
    });
  }

  get files(): InstrumentedModel['files'] {
    return new Map([...this.encoder.files, ...this.#decoder.files]);
  }

  get takesOneRow(): boolean {
    return this.#decoder.takesOneRow;
  }

  async run(
    feeds: Feeds,
    request: CaptureRequest,
    interventions: readonly Intervention[] = [],
    options: RunOptions = {},
  ): Promise<ModelRun> {
    const started = performance.now();
    const memory = await this.encoder.run(this.#pair.encoderFeeds(feeds));
    const encoded = performance.now() - started;
    const given = this.#pair.decoderFeeds(feeds, memory);
    const run = await this.#decoder.run(given, request, interventions, options);
    return { ...run, runTime: encoded + run.runTime };
  }

  async positions(stack: Stack, length: number, reach: number): Promise<StackPositions> {
    if (stack === 'encoder') throw new InspectorError('not-captured', this.encoder.reason);
    return this.#decoder.positions(stack, length, reach);
  }

  projection(site: number): Projection | Missing {
    return this.#decoder.projection(site);
  }

  headTie(): number | Missing {
    return this.#decoder.headTie();
  }

  head(): Promise<OutputHead> {
    return this.#decoder.head();
  }

  pieces(): Pieces {
    throw new InspectorError(
      'not-captured',
      `The encoder of ${this.card.name} is run but not shown, so its states cannot be exchanged. Choose another export of the model.`,
    );
  }

  inside(): Inside {
    return this.#inside;
  }

  async dispose(): Promise<void> {
    await this.#inside.release();
    await this.encoder.dispose();
    await this.#decoder.dispose();
  }
}
