import { InspectorError } from '../../protocol/errors';
import { shortened } from '../files/shortened';
import type { Config } from './config';
import type { Linear, Norm, Projections } from './graph/spec';

/** More than any model has: layers, heads, distances in a table, numbers of a head. */
const mostLayers = 2 ** 12;
const mostHeads = 2 ** 12;
const mostDistances = 2 ** 16;
const widestHead = 2 ** 13;

/** Makes so many layers, counted from 0. */
export function layersOf<T>(count: number, make: (layer: number) => T): T[] {
  inBounds(count, mostLayers, 'layers');
  return Array.from({ length: count }, (_, layer) => make(layer));
}

/** A size up to which distances are told apart, of which a table is made. */
export function distancesUpTo(count: number): number {
  inBounds(count, mostDistances, 'distances');
  return count;
}

/** A wrong number must not become an allocation. */
function inBounds(count: number, most: number, what: string): void {
  if (count <= most) return;
  throw new InspectorError(
    'model-unsupported',
    `config.json asks for ${count} ${what}, more than the ${most} that are built: check the file.`,
  );
}

/** Makes LayerNorms of one epsilon. */
export function layerNorms(epsilon: number): (name: string) => Norm {
  return name => ({ name, kind: 'layer', epsilon });
}

/** Numbers of a head where all heads together are as wide as the hidden states. */
export function headSize(width: number, heads: number): number {
  inBounds(heads, mostHeads, 'heads');
  inBounds(width / heads, widestHead, 'numbers a head');
  if (width % heads === 0) return width / heads;
  throw new InspectorError(
    'model-unsupported',
    `config.json has ${heads} heads for a width of ${width}, which cannot be divided among them.`,
  );
}

/** The id of the padding, which positions are counted by. */
export function paddingOf(c: Config): number {
  const id = c.optional('pad_token_id') ?? 1;
  if (Number.isSafeInteger(id) && id >= 0) return id;
  throw new InspectorError(
    'model-unsupported',
    `“pad_token_id” of config.json is ${id}: it must be the id of a token.`,
  );
}

/** Three stored matrices below `at`. */
export function separate(at: string, query: string, key: string, value: string): Projections {
  const linear = (name: string): Linear => ({ name: `${at}.${name}` });
  return { kind: 'separate', query: linear(query), key: linear(key), value: linear(value) };
}

/**
 * Refuses a model whose field asks for a computation that its family does not build.
 * @param built what the field may be; a missing field is as good
 */
export function mustBe(c: Config, field: string, ...built: readonly unknown[]): void {
  const value = c.raw(field);
  if (value === undefined || built.includes(value)) return;
  throw notBuilt(c, field, value);
}

/** A field of the configuration asks for a computation that its family does not build. */
export function notBuilt(c: Config, field: string, value: unknown): InspectorError {
  return new InspectorError(
    'model-unsupported',
    `“${field}” of config.json is ${shortened(JSON.stringify(value))}, which is not built from the ` +
      `weights of models of the type “${c.type}”: export the model to ONNX and open that.`,
  );
}
