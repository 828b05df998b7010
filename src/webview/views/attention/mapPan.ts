import { iconButton } from '../../kit/controls';
import { el } from '../../kit/dom';
import type { Side } from '../../draw/side';
import type { Anchor } from '../../draw/zoom';
import type { DrawnMap } from './mapLayout';
import type { MapZoom } from './mapZoom';

/** Pixels that the pointer moves before a press is a drag. */
const DRAG_FROM = 4;

/** Lets people zoom with Ctrl and the wheel and pan by dragging; a press without moving stays a click. */
export function panAndZoom(grid: HTMLElement, zoom: MapZoom, drawn: () => DrawnMap | null): void {
  let press: { x: number; y: number; row: number; column: number } | null = null;
  let isDrag = false;
  grid.addEventListener(
    'wheel',
    event => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const anchor = anchorAt(event, grid, drawn());
      if (anchor && event.deltaY !== 0) zoom.by(event.deltaY < 0 ? 1 : -1, anchor);
    },
    { passive: false },
  );
  grid.addEventListener('pointerdown', event => {
    const geometry = drawn()?.geometry;
    isDrag = false;
    press = null;
    if (!geometry || event.button !== 0 || zoom.state.level === 0) return;
    const { down, across } = geometry;
    press = { x: event.clientX, y: event.clientY, row: down.first, column: across.first };
  });
  const capture = { capture: true };
  grid.addEventListener(
    'pointermove',
    event => {
      const geometry = drawn()?.geometry;
      if (!press || !geometry || (event.buttons & 1) === 0) return;
      const [x, y] = [event.clientX - press.x, event.clientY - press.y];
      if (!isDrag && Math.hypot(x, y) < DRAG_FROM) return;
      if (!isDrag) grid.setPointerCapture(event.pointerId);
      isDrag = true;
      event.stopImmediatePropagation();
      zoom.to({
        row: press.row - Math.round(y / geometry.cell),
        column: press.column - Math.round(x / geometry.cell),
      });
    },
    capture,
  );
  grid.addEventListener('pointerup', () => (press = null));
  grid.addEventListener(
    'click',
    event => {
      if (isDrag) event.stopImmediatePropagation();
      isDrag = false;
    },
    capture,
  );
}

/** The cell under the pointer, which stays there while the map is zoomed. */
function anchorAt(event: MouseEvent, grid: HTMLElement, drawn: DrawnMap | null): Anchor | null {
  if (!drawn) return null;
  const box = grid.getBoundingClientRect();
  const { geometry } = drawn;
  const down = (event.clientY - box.top) / box.height;
  const across = (event.clientX - box.left) / box.width;
  return {
    down,
    across,
    row: geometry.down.first + down * geometry.down.span,
    column: geometry.across.first + across * geometry.across.span,
  };
}

/** A cell that comes into the middle where it was out of sight, and stays in place otherwise. */
export function anchorOn(
  cell: { readonly row: number; readonly column: number },
  drawn: DrawnMap,
): Anchor {
  const { down, across } = drawn.geometry;
  const share = (at: number, { first, span }: Side): number => {
    const place = (at + 0.5 - first) / span;
    return place < 0 || place > 1 ? 0.5 : place;
  };
  return {
    row: cell.row + 0.5,
    column: cell.column + 0.5,
    down: share(cell.row, down),
    across: share(cell.column, across),
  };
}

/** The buttons that zoom; what they do, `+`, `-` and `0` do in the map. */
export function zoomButtons(act: (key: string) => void): {
  readonly element: HTMLElement;
  /** Greys out what leads nowhere. */
  show(level: number, levels: number): void;
} {
  const closer = iconButton('Zoom in (+)', 'zoom-in', () => act('+'));
  const further = iconButton('Zoom out (−)', 'zoom-out', () => act('-'));
  const whole = iconButton('Whole map (0)', 'screen-full', () => act('0'));
  return {
    element: el('div.map-zoom', { role: 'group', 'aria-label': 'Zoom' }, closer, further, whole),
    show: (level, levels) => {
      closer.disabled = level >= levels - 1;
      further.disabled = whole.disabled = level === 0;
    },
  };
}
