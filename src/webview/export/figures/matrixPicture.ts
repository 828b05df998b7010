import type { MarkInk, MatrixContent } from '../../positions/charts';
import { pixelHex, readInks, SANS, type Inks } from '../inks';
import type { Picture } from '../figure';
import { tag, text } from '../svg';
import { MOST_RECTS } from './cells';
import { LEGEND_HEIGHT, legendMarkup, type Ramp } from './legend';

const WIDTH = 640;
const SMALLEST_HEIGHT = 200;
const LEFT = 34;
const TOP = 18;
const BOTTOM = 22;
const FONT = { 'font-family': SANS, 'font-size': 10.5 };

/** Rows and columns that stand out. */
export interface PictureMarks {
  readonly rows?: readonly { readonly at: number; readonly ink: MarkInk }[];
  readonly columns?: readonly { readonly at: number; readonly ink: MarkInk }[];
}

const inkOf = (inks: Inks, ink: MarkInk): string => (ink === 'plain' ? inks.text : inks[ink]);

/** A picture of numbers as SVG, with its ticks, marks and legend. */
export function matrixPicture(content: MatrixContent, marks: PictureMarks, ramp: Ramp): Picture {
  const { grid, rowTicks, columnTicks, rowName, columnName } = content;
  const inks = readInks();
  const width = content.height === 'square' ? WIDTH * 0.7 : WIDTH;
  const height =
    content.height === 'square' ? width : Math.max(SMALLEST_HEIGHT, content.height * 1.5);
  const cell = { width: width / grid.columns, height: height / grid.rows };
  const ticks = [
    ...rowTicks.map(({ at, text: words }) =>
      text(words, {
        x: LEFT - 6,
        y: TOP + (at + 0.5) * cell.height + 4,
        'text-anchor': 'end',
        fill: inks.muted,
        ...FONT,
      }),
    ),
    ...columnTicks.map(({ at, text: words }) =>
      text(words, {
        x: LEFT + (at + 0.5) * cell.width,
        y: TOP + height + 14,
        'text-anchor': 'middle',
        fill: inks.muted,
        ...FONT,
      }),
    ),
    text(rowName, { x: LEFT - 6, y: 10, 'text-anchor': 'end', fill: inks.muted, ...FONT }),
    text(columnName, {
      x: LEFT + width + 8,
      y: TOP + height + 14,
      'text-anchor': 'start',
      fill: inks.muted,
      ...FONT,
    }),
  ];
  const frame = (x: number, y: number, w: number, h: number, ink: MarkInk): string =>
    tag('rect', {
      x,
      y,
      width: w,
      height: h,
      fill: 'none',
      stroke: inkOf(inks, ink),
      'stroke-width': 1.5,
      'stroke-dasharray': ink === 'key' ? '4 3' : undefined,
    });
  const frames = [
    ...(marks.rows ?? []).map(({ at, ink }) =>
      frame(LEFT, TOP + at * cell.height, width, cell.height, ink),
    ),
    ...(marks.columns ?? []).map(({ at, ink }) =>
      frame(LEFT + at * cell.width, TOP, cell.width, height, ink),
    ),
  ];
  const below = TOP + height + BOTTOM;
  return {
    width: LEFT + width + 70,
    height: below + LEGEND_HEIGHT,
    content: [
      tag('g', { transform: `translate(${LEFT},${TOP})`, id: 'cells' }, cells(content, cell)),
      ...ticks,
      ...frames,
      tag(
        'g',
        { transform: `translate(0,${below})` },
        legendMarkup(ramp, inks, content.hasHatch && grid.codes.includes(0)),
      ),
    ].join(''),
  };
}

/** Cells one by one; larger grids as a picture with one pixel a cell. */
function cells(
  { grid, pixels, hasHatch }: MatrixContent,
  cell: { readonly width: number; readonly height: number },
): string {
  const { codes, rows, columns } = grid;
  if (rows * columns <= MOST_RECTS) {
    return Array.from(codes, (code, i) =>
      code === 0 && !hasHatch
        ? ''
        : tag('rect', {
            x: (i % columns) * cell.width,
            y: Math.floor(i / columns) * cell.height,
            width: cell.width,
            height: cell.height,
            fill: code === 0 ? 'url(#hatch)' : pixelHex(pixels[code] ?? 0),
          }),
    ).join('');
  }
  const canvas = document.createElement('canvas');
  canvas.width = columns;
  canvas.height = rows;
  const image = Uint32Array.from(codes, code => (code === 0 ? 0 : (pixels[code] ?? 0)));
  const bytes = new Uint8ClampedArray(image.buffer);
  canvas.getContext('2d')?.putImageData(new ImageData(bytes, columns, rows), 0, 0);
  return tag('image', {
    href: canvas.toDataURL('image/png'),
    width: columns * cell.width,
    height: rows * cell.height,
    preserveAspectRatio: 'none',
    'image-rendering': 'pixelated',
  });
}
