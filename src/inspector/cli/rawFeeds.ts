import { readFile } from 'node:fs/promises';
import { InspectorError } from '../../protocol/errors';
import type { GraphInput } from '../model/instrumentedModel';
import { readSafetensors, toFloat32 } from '../files/safetensors';
import { elementsAt } from '../model/inputs/elementsAt';
import type { InputShapes } from '../model/inputs/inputSignature';
import type { Feed, Feeds } from '../model/run';

/** Feeds from a safetensors file, in the shapes that the graph gives its inputs. @throws InspectorError `inputs-wrong` */
export async function readFeeds(file: string): Promise<Feeds> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new InspectorError('inputs-wrong', `Cannot read ${file}.`, { cause: error });
  });
  const feeds: Record<string, Feed> = {};
  for (const [name, entry] of readSafetensors(bytes)) {
    const { dims, data } = entry;
    const whole =
      data instanceof BigInt64Array || data instanceof Int32Array || data instanceof Uint8Array;
    feeds[name] = { dims, data: whole ? data : toFloat32(entry) };
  }
  return feeds;
}

/** Numbers of tokens that feeds may have: the sizes of their second dimension, then of their first. */
export function lengthsOf(feeds: Feeds): readonly number[] {
  const dimsOf = Object.values(feeds).map(({ dims }) => dims);
  const sizes = [...dimsOf.map(dims => dims[1] ?? 0), ...dimsOf.map(([first = 0]) => first)];
  return [...new Set(sizes)].filter(size => size > 0);
}

/** Shapes of feeds by the names of the inputs. */
export function shapesOf(feeds: Feeds): InputShapes {
  return Object.fromEntries(Object.entries(feeds).map(([name, { dims }]) => [name, dims]));
}

/** Token ids `[tokens, batch]` or `[tokens]`, as some graphs have them, as rows of tokens. */
export function batchFirst(feeds: Feeds, inputs: readonly GraphInput[]): Feeds {
  const turned = Object.entries(feeds).map(([name, feed]): [string, Feed] => {
    const { axes } = inputs.find(input => input.name === name) ?? {};
    const [length = 0, batch = 1] = feed.dims;
    if (axes === 'sequence') return [name, { ...feed, dims: [1, ...feed.dims] }];
    // One row of several tokens is a text, whatever the graph's order: several texts of one token say nothing.
    return [name, axes === 'sequenceFirst' && length > 1 ? rowsFirst(feed, length, batch) : feed];
  });
  return Object.fromEntries(turned);
}

/** `[tokens, batch, …]` as `[batch, tokens, …]`. */
function rowsFirst({ dims, data }: Feed, length: number, batch: number): Feed {
  const rest = dims.slice(2);
  const size = rest.reduce((product, dim) => product * dim, 1);
  const placeOf = (i: number) => {
    const [row, token] = [Math.floor(i / (length * size)), Math.floor(i / size) % length];
    return (token * batch + row) * size + (i % size);
  };
  return { dims: [batch, length, ...rest], data: elementsAt(data, data.length, placeOf) };
}
