import { svg } from '../../kit/svgElement';
import { drawPicture, type Picture } from '../../draw/marks';
import { widthOf } from '../../draw/widthOf';

/** A chart that is drawn again when its room changes. */
export class FittedChart {
  readonly element: HTMLElement;
  private readonly picture = svg('svg', { 'aria-hidden': 'true' });
  private readonly width: () => number;
  private make: ((width: number) => Picture) | null = null;

  constructor(element: HTMLElement) {
    this.element = element;
    element.append(this.picture);
    this.width = widthOf(element, () => this.draw());
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
    const width = this.make ? this.width() : 0;
    if (!this.make) this.picture.replaceChildren();
    else if (width > 0) drawPicture(this.picture, this.make(width));
  }
}
