import { svg } from '../../kit/svgElement';
import { drawPicture, type Picture } from '../../draw/marks';

/** A chart that is drawn again when its room changes. */
export class FittedChart {
  readonly element: HTMLElement;
  private readonly picture = svg('svg', { 'aria-hidden': 'true' });
  /** Kept between draws, because reading it makes the browser lay out. */
  private width = 0;
  private make: ((width: number) => Picture) | null = null;

  constructor(element: HTMLElement) {
    this.element = element;
    element.append(this.picture);
    new ResizeObserver(() => {
      if (element.clientWidth === this.width || element.clientWidth === 0) return;
      this.width = element.clientWidth;
      this.draw();
    }).observe(element);
  }

  /** Draws what `make` gives for the room that there is; null for nothing. */
  show(make: ((width: number) => Picture) | null): void {
    this.make = make;
    this.draw();
  }

  /** Where the pointer is over the drawing, in its own pixels. */
  place({ clientX, clientY }: MouseEvent): { readonly x: number; readonly y: number } {
    const { left, top } = this.picture.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  }

  private draw(): void {
    this.width ||= this.element.clientWidth;
    if (!this.make) this.picture.replaceChildren();
    else if (this.width > 0) drawPicture(this.picture, this.make(this.width));
  }
}
