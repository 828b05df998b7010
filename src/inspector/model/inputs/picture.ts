import { shortened } from '../../files/shortened';
import { sizeOf } from '../../runtime/tensor';
import type { Configuration } from '../../source/configuration';

/** Where a patch lies in the grid of its picture, from 0 at the upper left. */
export interface Patch {
  readonly row: number;
  readonly column: number;
}

/** Which axes of an input are rows and columns of pixels: `[batch, channels, rows, columns]`, or channels last. */
export interface PixelAxes {
  readonly row: 1 | 2;
  readonly column: 2 | 3;
}

/** The picture that a model reads in place of a text, and the token that each of its patches becomes. */
export interface Picture {
  /** Of the input. */
  readonly name: string;
  /** Shape of one picture, without the batch. */
  readonly dims: readonly number[];
  readonly axes: PixelAxes;
  /** Pixels of a patch from side to side. */
  readonly size: number;
  readonly rows: number;
  readonly columns: number;
  /** The patch of each token; undefined for tokens that no pixel moves before the first layer. */
  readonly patches: readonly (Patch | undefined)[];
}

/** Pictures have few channels: the axis that has as many as this at most. */
const MOST_CHANNELS = 4;

/** @param dims `[batch, …]` @returns undefined for what has no axis of channels */
export function pixelAxes([, first = 0, , last = 0]: readonly number[]): PixelAxes | undefined {
  if (first <= MOST_CHANNELS) return { row: 2, column: 3 };
  return last <= MOST_CHANNELS ? { row: 1, column: 2 } : undefined;
}

/** The patch that a number of one picture lies in; the last pixels of a side may lie beside the grid. */
export function patchAt({ dims, axes, size }: Omit<Picture, 'patches'>, at: number): Patch {
  const [, second = 1, third = 1] = dims;
  const places = [Math.floor(at / (second * third)), Math.floor(at / third) % second, at % third];
  return {
    row: Math.floor((places[axes.row - 1] ?? 0) / size),
    column: Math.floor((places[axes.column - 1] ?? 0) / size),
  };
}

/**
 * One made-up picture: numbers around 0, none like another.
 * @param dims without the batch
 * @param isChanged numbers that are to be others, by their place in the picture
 */
export function madePicture(
  dims: readonly number[],
  isChanged: (at: number) => boolean = () => false,
): { readonly dims: readonly number[]; readonly data: Float32Array } {
  const value = (at: number) => Math.sin(at * 12.9898 + 1);
  const data = Float32Array.from({ length: sizeOf(dims) }, (_, at) =>
    isChanged(at) ? touchedPixel(value(at), at) : value(at),
  );
  return { dims: [1, ...dims], data };
}

/** A number that has moved a little: what follows moves in proportion, through norms, too. */
export function touchedPixel(value: number, at: number): number {
  return value + 0.25 * Math.cos(at * 7.31);
}

/** A number of another picture. */
export function otherPixel(value: number, at: number): number {
  return 1.5 * Math.cos(at * 7.31 + value);
}

/** Models with a second token of their own that learns from a teacher. */
const DISTILLED: ReadonlySet<unknown> = new Set(['deit', 'deit-distilled']);

/**
 * What people read for each token: `patch 0,3` by row and column, `CLS`, and the registers that the
 * configuration tells of.
 */
export function patchNames(
  { patches }: Picture,
  { num_register_tokens: registers, model_type: type }: Configuration,
): readonly string[] {
  const others = patches.flatMap((patch, token) => (patch ? [] : token));
  const nameOf = (place: number) => {
    if (place === 0) return 'CLS';
    if (registers === others.length - 1) return `register ${place - 1}`;
    return DISTILLED.has(type) && others.length === 2 ? 'distillation' : `extra ${place - 1}`;
  };
  return patches.map((patch, token) =>
    patch ? `patch ${patch.row},${patch.column}` : nameOf(others.indexOf(token)),
  );
}

/** One sentence on how the tokens of a picture are made. */
export function pictureNote({ name, size, rows, columns, patches }: Picture): string {
  const others = patches.filter(patch => !patch).length;
  const beside = others ? `, and ${others === 1 ? '1 other' : `${others} others`}` : '';
  return `The tokens are the patches of ${size} × ${size} pixels of “${shortened(name)}”, ${rows} rows of ${columns}${beside}: which token is which patch was found by changing pixels.`;
}
