import type { FindingsState } from '../../../src/protocol/findings';
import { type OpenOptions, PanelPage } from './panelPage';
import { ready } from './syntheticFindings';

/** Tells a page what the checks say. */
export const showFindings = ({ page }: PanelPage, state: FindingsState): Promise<void> =>
  page.evaluate(findings => window.host.emit('findings', findings), state);

/** A panel with the Findings view open. */
export async function openFindings(
  state: FindingsState = ready(),
  options: OpenOptions = {},
): Promise<PanelPage> {
  const panel = await PanelPage.open({ capture: 'decoder', ...options });
  await showFindings(panel, state);
  await panel.page.keyboard.press('6');
  await panel.page.locator('.findings').waitFor();
  return panel;
}
