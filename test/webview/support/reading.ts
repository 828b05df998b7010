import type { PanelPage } from './panelPage';

/** Colour of a pixel of a canvas, given in CSS pixels from its corner, as `r,g,b`. */
export function pixel(panel: PanelPage, canvas: string, x: number, y: number): Promise<string> {
  return panel.page.evaluate(
    ([selector, left, top]) => {
      const element = document.querySelector<HTMLCanvasElement>(selector);
      const context = element?.getContext('2d');
      if (!element || !context) throw new Error(`No canvas ${selector}.`);
      const scale = element.width / element.getBoundingClientRect().width;
      const [r, g, b, a] = context.getImageData(
        Math.floor(left * scale),
        Math.floor(top * scale),
        1,
        1,
      ).data;
      return a === 0 ? 'none' : `${r},${g},${b}`;
    },
    [canvas, x, y] as const,
  );
}

/** Background colour of an element, as `r,g,b`. */
export async function background(panel: PanelPage, selector: string): Promise<string> {
  const color = await panel.page
    .locator(selector)
    .first()
    .evaluate(element => getComputedStyle(element).backgroundColor);
  return (color.match(/[\d.]+/g) ?? []).slice(0, 3).join();
}

/** Box of the map's grid and the side of a cell, in CSS pixels. */
export async function mapBox(
  panel: PanelPage,
): Promise<{ x: number; y: number; width: number; height: number; rows: number; columns: number }> {
  return panel.page.locator('.map-grid').evaluate(grid => {
    const { x, y, width, height } = grid.getBoundingClientRect();
    const size = (name: string): number => Number(grid.getAttribute(name));
    return { x, y, width, height, rows: size('aria-rowcount'), columns: size('aria-colcount') };
  });
}

/** Point in the middle of a map's cell, on the page. */
export async function cellPoint(
  panel: PanelPage,
  row: number,
  column: number,
): Promise<{ x: number; y: number }> {
  const box = await mapBox(panel);
  return {
    x: box.x + ((column + 0.4) * box.width) / box.columns,
    y: box.y + ((row + 0.4) * box.height) / box.rows,
  };
}

/** A weight as the panel writes it, worked out a second time. */
export const written = (weight: number): string =>
  weight >= 0.9995 ? '1.000' : weight.toFixed(3).slice(1);
