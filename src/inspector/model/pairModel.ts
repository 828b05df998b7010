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
import { HeadSlot, type OutputHead } from './head/headSession';
import { decoderName, isFromEncoder } from './inputs/inputNames';
import type { InstrumentedModel } from './instrumentedModel';
import type { Part } from './part';
import { positionChange } from './positions/equalPositions';
import { readPositions, type StackPositions } from './positions/positionNumbers';
import type { Missing, Projection } from './projection';
import type { CaptureRequest, Feed, Feeds, Intervention, ModelRun, RunOptions } from './run';
import { runPart } from './runPart';
import { inputsOf, logitsOf } from './singleModel';

/** A model whose encoder and decoder are graphs of their own; the encoder's output feeds the decoder. */
export class PairModel implements InstrumentedModel {
  /** The encoder's inputs by their own names, the decoder's by theirs after `decoder_`. */
  readonly inputs: InstrumentedModel['inputs'];
  readonly #memory: string;
  readonly #head: HeadSlot;

  constructor(
    readonly card: ModelCard,
    private readonly encoder: Part,
    private readonly decoder: Part,
  ) {
    const { roles } = decoder.graph.loaded.signature;
    const decoderInputs = inputsOf(decoder);
    const memory = decoderInputs.find(({ name }) => roles.get(name) === 'hidden');
    if (!memory) {
      throw new InspectorError(
        'model-unsupported',
        `The decoder of ${card.name} takes no encoder output: choose a decoder without past.`,
      );
    }
    this.#memory = memory.name;
    this.#head = new HeadSlot(decoder, card.name);
    const own = decoderInputs.filter(({ name }) => name !== memory.name && !isFromEncoder(name));
    this.inputs = [
      ...inputsOf(encoder),
      ...own.map(input => ({ ...input, name: decoderName(input.name) })),
    ];
  }

  get files(): InstrumentedModel['files'] {
    const parts = [this.encoder, this.decoder];
    return new Map(parts.flatMap(({ graph }) => [...graph.loaded.analysis.model.files]));
  }

  async run(
    feeds: Feeds,
    request: CaptureRequest,
    interventions: readonly Intervention[] = [],
    options: RunOptions = {},
  ): Promise<ModelRun> {
    const { encoder, decoder, card } = this;
    const count = encoder.sites.length;
    const encoderFeeds = pick(encoder, feeds, name => name);
    const encoderChanges = changesOf(card, interventions, 0, count);
    const first = await runPart(
      encoder,
      encoderFeeds,
      { ...wantedBy(request), output: true },
      { ...encoderChanges, ...(await positionChange(encoder, options)) },
    );
    if (!first.output)
      throw new InspectorError(
        'internal',
        'The encoder of this model gave no output: please report this model.',
      );
    const decoderChanges = changesOf(card, interventions, count, decoder.sites.length);
    const second = await runPart(
      decoder,
      this.#decoderFeeds(feeds, { dims: first.output.dims, data: first.output.data }),
      wantedBy(request, count),
      {
        ...decoderChanges,
        ...(await positionChange(decoder, options)),
      },
    );
    const encoderStates = hiddenStatesOf(encoder, first);
    const decoderStates = hiddenStatesOf(decoder, second);
    const ofEncoder = siteCaptures(encoder, first, encoderChanges.scales);
    const ofDecoder = siteCaptures(decoder, second, decoderChanges.scales);
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

  head(): Promise<OutputHead> {
    return this.#head.open();
  }

  async dispose(): Promise<void> {
    await this.#head.release();
    await this.encoder.graph.session.dispose();
    await this.decoder.graph.session.dispose();
  }

  #decoderFeeds(feeds: Feeds, memory: Feed): Feeds {
    const own = pick(this.decoder, feeds, decoderName);
    const masks = inputsOf(this.encoder).filter(({ role }) => role === 'mask');
    const mask = masks.map(({ name }) => feeds[name]).find(feed => feed !== undefined);
    const names = this.decoder.graph.loaded.signature.inputs.map(({ name }) => name);
    const memoryMask = names.find(name => name !== this.#memory && isFromEncoder(name));
    return {
      ...own,
      ...(memoryMask && mask ? { [memoryMask]: mask } : {}),
      [this.#memory]: memory,
    };
  }
}

/** The feeds of one part, under the names that its graph gives them. */
function pick(part: Part, feeds: Feeds, nameOutside: (name: string) => string): Feeds {
  const found = part.graph.loaded.signature.inputs.flatMap(({ name }) => {
    const feed = feeds[nameOutside(name)];
    return feed ? [[name, feed] as const] : [];
  });
  return Object.fromEntries(found);
}
