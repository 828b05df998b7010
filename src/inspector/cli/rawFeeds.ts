import { readFile } from 'node:fs/promises';
import { InspectorError } from '../../protocol/errors';
import type { GraphInput } from '../model/instrumentedModel';
import { readSafetensors, toFloat32 } from '../files/safetensors';
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

/** Numbers of tokens that feeds may have: the sizes of their second, or only, dimension. */
export function lengthsOf(feeds: Feeds): readonly number[] {
  const sizes = Object.values(feeds).map(({ dims }) => dims[1] ?? dims[0] ?? 0);
  return [...new Set(sizes)].filter(size => size > 0);
}

/** Token ids `[tokens, 1]` or `[tokens]`, as some graphs have them, as one row. */
export function batchFirst(feeds: Feeds, inputs: readonly GraphInput[]): Feeds {
  const turned = Object.entries(feeds).map(([name, feed]): [string, Feed] => {
    const { axes } = inputs.find(input => input.name === name) ?? {};
    const [length = 0, batch = 1, ...rest] = feed.dims;
    if (!axes || (axes === 'sequenceFirst' && batch !== 1)) return [name, feed];
    const after = axes === 'sequence' ? feed.dims.slice(1) : rest;
    return [name, { ...feed, dims: [1, length, ...after] }];
  });
  return Object.fromEntries(turned);
}
