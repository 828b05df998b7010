import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type axe from 'axe-core';
import type { PanelPage } from './panelPage';

/**
 * Rules of axe-core whose verdict hangs on colours. The others read elements, names, roles and boxes,
 * which are the same in every theme. (`target-size` is off in axe-core: a test of its own measures.)
 */
const COLOR_RULES = ['color-contrast', 'link-in-text-block'];

let source: Promise<string> | undefined;

/**
 * What axe-core finds wrong, one line each. All rules are applied in the dark theme, in which tests
 * look at everything that they look at in other themes, and those about colours in the others;
 * `everywhere` is for what is on show in one theme alone.
 */
export async function accessibilityProblems(
  { page }: PanelPage,
  rules?: 'everywhere',
): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) {
    source ??= readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    await page.evaluate(await source);
  }
  return page.evaluate(
    async ([isWhole, colorRules]) => {
      const isDark = document.body.dataset['vscodeThemeKind'] === 'vscode-dark';
      const { axe: here } = window as unknown as { axe: typeof axe };
      const { violations } = await here.run(document, {
        resultTypes: ['violations'],
        ...(isWhole || isDark ? {} : { runOnly: [...colorRules] }),
      });
      // Only this leaves the page: what passes would be megabytes.
      return violations.flatMap(({ id, nodes }) =>
        nodes.map(node => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary ?? ''}`),
      );
    },
    [rules === 'everywhere', COLOR_RULES] as const,
  );
}
