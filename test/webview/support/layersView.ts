import type { CaptureSummary } from '../../../src/protocol/capture';
import type { Recipe } from './syntheticCapture';
import { PanelPage, type OpenOptions } from './panelPage';
import { RECIPES, tokensOf } from './recipes';
import { SyntheticCapture } from './syntheticCapture';

/** Opens the Layers view once its predictions stand there. */
export async function openLayers(options: OpenOptions = {}): Promise<PanelPage> {
  const panel = await PanelPage.open(options);
  await showLayers(panel);
  return panel;
}

/** Opens the view's tab, which may be in the menu of the other views. */
export async function showLayers({ page }: PanelPage): Promise<void> {
  const tab = page.getByRole('tab', { name: 'Layers' });
  if (await tab.isVisible()) await tab.click();
  else {
    await page.getByRole('button', { name: 'More views' }).click();
    await page.getByRole('menuitem', { name: 'Layers' }).click();
  }
  await page.locator('.layers .sentence', { hasText: /\w/ }).waitFor();
}

/** The summary that a page shows for a recipe, made a second time. */
export const summaryOf = (recipe: Recipe): CaptureSummary => new SyntheticCapture(recipe).summary;

/** An encoder that reads as many tokens. */
export const longEncoder = (tokens: number): Recipe => ({
  ...RECIPES.encoder,
  id: `long-encoder-${tokens}`,
  text: 'word '.repeat(tokens),
  tokens: {
    encoder: tokensOf(Array.from({ length: tokens }, (_, i) => `word${i % 97}`)),
  },
  blocks: [{ stack: 'encoder', kind: 'self', heads: [2, 2] }],
});

/** What every cell of the predictions that is drawn says and how it looks, by state and token. */
export interface SeenCell {
  readonly state: number;
  readonly column: number;
  readonly text: string;
  readonly color: string;
  readonly isBold: boolean;
  readonly isMarked: boolean;
  readonly isHere: boolean;
  readonly isOut: boolean;
}

export const seenCells = ({ page }: PanelPage): Promise<SeenCell[]> =>
  page.locator('.lens-pane .state-cell').evaluateAll(cells =>
    cells.map(cell => ({
      state: Number((cell as HTMLElement).dataset['state']),
      column: Number((cell as HTMLElement).dataset['column']),
      text: cell.textContent,
      color: getComputedStyle(cell).backgroundColor,
      isBold: Number(getComputedStyle(cell).fontWeight) >= 600,
      isMarked: cell.querySelector('.dot') !== null,
      isHere: cell.classList.contains('here'),
      isOut: cell.classList.contains('out'),
    })),
  );

/** Rows of the table in a section, after Shift+T. */
export const tableRows = ({ page }: PanelPage, section: string): Promise<string[][]> =>
  page
    .getByRole('region', { name: section, exact: true })
    .locator('table tr')
    .evaluateAll(rows => rows.map(row => [...row.children].map(cell => cell.textContent)));
