import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { PanelPage } from './panelPage';

let source: Promise<string> | undefined;

/** What axe-core finds wrong, one line each. */
export async function accessibilityProblems({ page }: PanelPage): Promise<string[]> {
  source ??= readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  await page.evaluate(await source);
  const results = await page.evaluate(() =>
    (window as unknown as { axe: { run: (node: Document) => Promise<AxeResults> } }).axe.run(
      document,
    ),
  );
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(node => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary ?? ''}`),
  );
}
