import type { AttentionRow } from '../../../protocol/capture';
import { BLOCKED, weightCode } from '../../../protocol/weightCode';
import type { Palette } from '../../draw/color/palette';
import { el, putAt } from '../../kit/dom';
import { showPixels, surface } from '../../draw/pixels/canvas';
import { paintCells } from '../../draw/pixels/paintCells';
import type { MapGeometry } from '../../draw/geometry';
import { createHatch } from '../../draw/pixels/hatch';
import { maxPool } from '../../draw/pixels/pool';
import { themeColor } from '../../kit/theme';

/** Height of the lane of the keys, and width of the lane of the queries, in CSS pixels. */
export const LANE = 10;
/** Room that a lane takes beside the map. */
export const LANE_ROOM = LANE + 6;

/** What the lanes show. */
export interface LaneContent {
  readonly geometry: MapGeometry;
  /** Row and column of the locus; null where hidden or cleared. */
  readonly query: number | null;
  readonly key: number | null;
  /** Weights of the query's row; null while they are on their way. */
  readonly row: AttentionRow | null;
  readonly palette: Palette;
}

/**
 * Two lanes beside a map that is zoomed in, the whole map long: all keys, in the colours of the
 * query's row, and all queries. A frame marks the part on show; pressing brings another part there.
 */
export class MapLanes {
  readonly keys = lane('map-lane keys');
  readonly queries = lane('map-lane queries');

  constructor(
    private readonly geometry: () => MapGeometry | null,
    move: (corner: { row: number; column: number }) => void,
  ) {
    const follow = (element: HTMLElement, isKeys: boolean): void => {
      const go = (event: PointerEvent): void => {
        const now = this.geometry();
        if (!now || (event.buttons & 1) === 0) return;
        const box = element.getBoundingClientRect();
        const share = isKeys
          ? (event.clientX - box.left) / box.width
          : (event.clientY - box.top) / box.height;
        const { down, across } = now;
        move(
          isKeys
            ? { row: down.first, column: share * now.columns - across.inSight / 2 }
            : { row: share * now.rows - down.inSight / 2, column: across.first },
        );
      };
      element.addEventListener('pointerdown', event => {
        element.setPointerCapture(event.pointerId);
        go(event);
      });
      element.addEventListener('pointermove', go);
    };
    // The queries have no colours: each row of the map has its own.
    this.queries.cells.remove();
    follow(this.keys.frame, true);
    follow(this.queries.frame, false);
  }

  /** Draws both lanes; they are hidden while the whole map is on show. */
  show(content: LaneContent, isZoomed: boolean, ratio: number): void {
    for (const { element } of [this.keys, this.queries]) element.hidden = !isZoomed;
    if (!isZoomed) return;
    const { geometry } = content;
    putAt(this.keys.element, { width: geometry.width, height: LANE });
    putAt(this.queries.element, { width: LANE, height: geometry.height });
    this.drawKeys(content, ratio);
    const across = surface(this.keys.frame, geometry.width, LANE, ratio);
    const { columns, rows } = geometry;
    const { first: column, inSight: columnsInSight } = geometry.across;
    drawPart(across, column / columns, columnsInSight / columns, true);
    const down = surface(this.queries.frame, LANE, geometry.height, ratio);
    if (content.query !== null) {
      down.fillStyle = themeColor('--q');
      down.fillRect(0, Math.floor((content.query / rows) * geometry.height), LANE, 2);
    }
    drawPart(down, geometry.down.first / rows, geometry.down.inSight / rows, false);
    if (content.key === null) return;
    across.fillStyle = themeColor('--k');
    across.fillRect(Math.floor((content.key / columns) * geometry.width), 0, 2, LANE);
  }

  private drawKeys({ geometry, row, palette }: LaneContent, ratio: number): void {
    const width = Math.max(1, Math.round(geometry.width * ratio));
    const height = Math.round(LANE * ratio);
    const image = new Uint32Array(width * height);
    if (row?.weights.length === geometry.columns) {
      const codes = Uint8Array.from(row.weights, (weight, key) =>
        row.allowed[key] === 1 ? weightCode(weight) : BLOCKED,
      );
      const line = maxPool({ codes, rows: 1, columns: codes.length }, 1, width);
      const all = new Uint8Array(width * height);
      for (let y = 0; y < height; y++) all.set(line.codes, y * width);
      const hatch = createHatch(themeColor('--hatch'), ratio);
      const target = { image, stride: width, left: 0, top: 0 };
      paintCells(target, { codes: all, rows: height, columns: width }, palette.pixels, hatch, 1, 0);
    }
    showPixels(this.keys.cells, image, width, height, ratio);
  }
}

interface Lane {
  readonly element: HTMLElement;
  readonly cells: HTMLCanvasElement;
  readonly frame: HTMLCanvasElement;
}

function lane(name: string): Lane {
  const cells = el('canvas');
  const frame = el('canvas');
  const element = el('div', { class: name, 'aria-hidden': 'true' }, cells, frame);
  return { element, cells, frame };
}

/** The frame around the part on show, never too small to be seen. */
function drawPart(
  context: CanvasRenderingContext2D,
  first: number,
  share: number,
  isAcross: boolean,
): void {
  const ratio = context.getTransform().a;
  const length = (isAcross ? context.canvas.width : context.canvas.height) / ratio;
  const size = Math.max(4, share * length);
  const start = Math.min(length - size, first * length);
  context.strokeStyle = themeColor('--vscode-foreground');
  context.lineWidth = 1;
  if (isAcross) context.strokeRect(start + 0.5, 0.5, size - 1, LANE - 1);
  else context.strokeRect(0.5, start + 0.5, LANE - 1, size - 1);
}
