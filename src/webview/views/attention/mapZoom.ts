import { cornerFor, cornerShowing, WHOLE, type Anchor, type Zoom } from '../../draw/zoom';
import type { DrawnMap } from './mapLayout';

/** What part of the map is on show; kept while people go from head to head. */
export class MapZoom {
  private zoom: Zoom = WHOLE;

  constructor(
    private readonly drawn: () => DrawnMap | null,
    /** Lays the map out for a zoom without drawing it. */
    private readonly layOut: (zoom: Zoom) => DrawnMap | null,
    private readonly changed: () => void,
  ) {}

  get state(): Zoom {
    return this.zoom;
  }

  /** The whole map. */
  reset(): void {
    if (this.zoom.level !== 0) this.become(WHOLE);
  }

  /** One level in or out; the anchor stays where it is. */
  by(step: 1 | -1, anchor: Anchor): void {
    const drawn = this.drawn();
    if (!drawn) return;
    const level = Math.max(0, Math.min(drawn.levels - 1, this.zoom.level + step));
    if (level === this.zoom.level) return;
    const after = this.layOut({ ...this.zoom, level });
    if (level === 0 || !after) {
      this.become(WHOLE);
      return;
    }
    const { down, across } = after.geometry;
    const corner = cornerFor(anchor, { rows: down.span, columns: across.span });
    this.become({ level, ...corner });
  }

  /** Carries out `+`, `-` or `0`; false for other keys. */
  key(key: string, anchor: Anchor): boolean {
    if (key === '+' || key === '=') this.by(1, anchor);
    else if (key === '-' || key === '−') this.by(-1, anchor);
    else if (key === '0') this.reset();
    else return false;
    return true;
  }

  /** Moves the part on show so that its first cell is this one, or the nearest that can be. */
  to(corner: { readonly row: number; readonly column: number }): void {
    const geometry = this.drawn()?.geometry;
    if (this.zoom.level === 0 || !geometry) return;
    const { down, across } = geometry;
    if (corner.row === down.first && corner.column === across.first) return;
    this.become({ ...this.zoom, ...corner });
  }

  /** Moves the part on show, no further than needed, so that a cell is in sight. */
  reveal(cell: { readonly row: number; readonly column: number }): void {
    const drawn = this.drawn();
    if (drawn) this.to(cornerShowing(drawn.geometry, cell));
  }

  private become(zoom: Zoom): void {
    this.zoom = zoom;
    this.changed();
  }
}
