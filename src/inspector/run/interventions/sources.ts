import type { SourceRun } from '../../../protocol/intervention';
import { openCapture } from '../../capture/captureFile';
import type { ModelRun, PointAt } from '../../model/run';
import { sizeOf, type Tensor } from '../../runtime/tensor';
import { tokenFeeds } from '../modelInput';
import { corpusMeans } from './corpusMeans';
import { readDirection } from './directions';
import { asHeads, captured, NOTHING, runText, type RunParts } from './otherRuns';
import { wrong } from './target';

/** Another run that numbers come from. */
export type Source =
  /** The same without interventions. */
  | { readonly plain: true }
  /** Means over the tokens of a corpus, one row. */
  | { readonly corpus: true }
  | { readonly run: SourceRun }
  /** The same with some tokens of a stack replaced with an entry. */
  | {
      readonly stack: 'encoder' | 'decoder';
      readonly places: readonly number[];
      readonly id: number;
    };

/**
 * Numbers of other runs: what is wanted of each is collected first, so that each is run once.
 * Tensors are `[1, heads, rows, columns]`, with one head for states.
 */
export class Sources {
  readonly #wanted = new Map<string, { readonly source: Source; readonly at: PointAt[] }>();
  readonly #tensors = new Map<string, Map<string, Tensor>>();
  readonly #directions = new Map<string, Float32Array>();

  constructor(private readonly parts: RunParts) {}

  want(source: Source, at: PointAt): void {
    const key = JSON.stringify(source);
    const wanted = this.#wanted.get(key) ?? { source, at: [] };
    this.#wanted.set(key, wanted);
    if (!wanted.at.some(other => keyOf(other) === keyOf(at))) wanted.at.push(at);
  }

  /** Runs what is wanted. @throws InspectorError with what is wrong with a text, a file or a place */
  async load(): Promise<void> {
    for (const [key, { source, at }] of this.#wanted) {
      const found = await this.#run(source, at);
      this.#tensors.set(key, new Map(found.map(([place, tensor]) => [keyOf(place), tensor])));
    }
  }

  has(source: Source, at: PointAt): boolean {
    return this.#tensors.get(JSON.stringify(source))?.has(keyOf(at)) ?? false;
  }

  tensor(source: Source, at: PointAt): Tensor {
    const tensor = this.#tensors.get(JSON.stringify(source))?.get(keyOf(at));
    if (tensor) return tensor;
    throw wrong(`The run that numbers are taken from has no ${at.point} of layer ${at.layer}.`);
  }

  /** A vector of a file, read once. */
  async direction(file: string, tensor: string): Promise<Float32Array> {
    const key = JSON.stringify([file, tensor]);
    const known = this.#directions.get(key) ?? (await readDirection(file, tensor));
    this.#directions.set(key, known);
    return known;
  }

  async #run(
    source: Source,
    at: readonly PointAt[],
  ): Promise<readonly (readonly [PointAt, Tensor])[]> {
    const { model, tokens, feeds, interventions, options } = this.parts;
    const request = { ...NOTHING, points: at };
    if ('plain' in source) {
      return captured(await model.run(feeds, request, interventions, options));
    }
    if ('corpus' in source) return corpusMeans(this.parts, at);
    if ('places' in source) {
      const { stack, places, id } = source;
      const edited = (tokens[stack] ?? []).map((token, i) =>
        places.includes(i) ? { ...token, id } : token,
      );
      const others = tokenFeeds(model, { ...tokens, [stack]: edited });
      const given = { ...feeds, ...others };
      return captured(await model.run(given, request, interventions, options));
    }
    const { run } = source;
    if ('capture' in run) return ofCapture(run.capture, at);
    return captured(await runText(this.parts, run.text, run.target, request));
  }
}

async function ofCapture(
  path: string,
  places: readonly PointAt[],
): Promise<readonly (readonly [PointAt, Tensor])[]> {
  const { run } = await openCapture(path);
  return places.map(at => {
    const tensor = storedTensor(run, at);
    if (tensor && sizeOf(tensor.dims) > 0) return [at, asHeads(tensor)] as const;
    throw wrong(
      `The capture file ${path} does not hold the ${at.point} of layer ${at.layer}: name the text that it was made of instead.`,
    );
  });
}

function storedTensor({ sites, hiddenStates }: ModelRun, at: PointAt): Tensor | undefined {
  const { stack, layer, point, kind = 'self' } = at;
  if (point === 'residual') return hiddenStates[stack]?.[layer];
  if (point === 'attentionOutput' || point === 'feedForwardOutput') return undefined;
  const found = sites.find(
    ({ site }) => site.stack === stack && site.layer === layer && site.kind === kind,
  );
  return found?.[point];
}

function keyOf({ stack, layer, point, kind = 'self' }: PointAt): string {
  return `${stack}.${layer}.${kind}.${point}`;
}
