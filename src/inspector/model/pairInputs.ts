import { InspectorError } from '../../protocol/errors';
import { decoderName, isFromEncoder } from './inputs/inputNames';
import type { GraphInput } from './instrumentedModel';
import type { Part } from './part';
import type { Feed, Feeds } from './run';
import { inputsOf } from './singleModel';

/** What encoder and decoder are fed where they are graphs of their own. */
export class PairInputs {
  /** The encoder's inputs by their own names, the decoder's by theirs after `decoder_`. */
  readonly inputs: readonly GraphInput[];
  /** The decoder's input for the states of the encoder. */
  readonly memory: string;
  readonly #decoderNames: readonly string[];

  /** @throws InspectorError `model-unsupported` where the decoder takes no states of an encoder */
  constructor(
    private readonly encoder: readonly GraphInput[],
    decoder: Part,
    modelName: string,
  ) {
    const { roles, inputs } = decoder.graph.loaded.signature;
    const memory = inputs.find(({ name }) => roles.get(name) === 'hidden');
    if (!memory) {
      throw new InspectorError(
        'model-unsupported',
        `The decoder of ${modelName} takes no encoder output: choose a decoder without past.`,
      );
    }
    this.memory = memory.name;
    this.#decoderNames = inputs.map(({ name }) => name);
    const own = inputsOf(decoder).filter(
      ({ name }) => name !== memory.name && !isFromEncoder(name),
    );
    this.inputs = [...encoder, ...own.map(input => ({ ...input, name: decoderName(input.name) }))];
  }

  /** The feeds of the encoder. */
  encoderFeeds(feeds: Feeds): Feeds {
    const names = this.encoder.map(({ name }) => name);
    return pick(names, feeds, name => name);
  }

  /** @param memory the states of the encoder `[batch, tokens, width]` */
  decoderFeeds(feeds: Feeds, memory: Feed): Feeds {
    const own = pick(this.#decoderNames, feeds, decoderName);
    const masks = this.encoder.filter(({ role }) => role === 'mask');
    const mask = masks.map(({ name }) => feeds[name]).find(feed => feed !== undefined);
    const memoryMask = this.#decoderNames.find(name => name !== this.memory && isFromEncoder(name));
    return {
      ...own,
      ...(memoryMask && mask ? { [memoryMask]: mask } : {}),
      [this.memory]: memory,
    };
  }
}

/** Those feeds that a graph takes, under the names that it gives them. */
function pick(
  names: readonly string[],
  feeds: Feeds,
  nameOutside: (name: string) => string,
): Feeds {
  const found = names.flatMap(name => {
    const feed = feeds[nameOutside(name)];
    return feed ? [[name, feed] as const] : [];
  });
  return Object.fromEntries(found);
}
