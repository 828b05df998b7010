/**
 * The width of an element, which is drawn again when that changes; kept between draws, because reading
 * it makes the browser lay out.
 */
export function widthOf(element: HTMLElement, draw: () => void): () => number {
  let width = 0;
  new ResizeObserver(() => {
    if (element.clientWidth === width || !element.isConnected) return;
    width = element.clientWidth;
    draw();
  }).observe(element);
  return () => (width ||= element.clientWidth);
}
