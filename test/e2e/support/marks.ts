import { answerWhen } from './answerWhen';
import type { Workbench } from './workbench';

/** What an extension draws over text: its left and right edges in the page, and its style. */
export interface Mark {
  readonly left: number;
  readonly right: number;
  readonly background: boolean;
  /** Style of its left border. */
  readonly border: string;
}

/** Everything that extensions draw in the first line of the first editor, from left to right. */
export async function marksOf(workbench: Workbench): Promise<Mark[]> {
  const marks = workbench.page.locator('.monaco-editor .view-overlays .cdr[class*="ced-"]');
  return marks.evaluateAll(elements =>
    elements
      .map(element => {
        const { left, right } = element.getBoundingClientRect();
        const style = getComputedStyle(element);
        const background = style.backgroundColor !== 'rgba(0, 0, 0, 0)';
        const border = style.borderLeftWidth === '0px' ? 'none' : style.borderLeftStyle;
        return { left, right, background, border };
      })
      .sort((a, b) => a.left - b.left || a.right - b.right),
  );
}

/** Waits until `find` accepts what is drawn; gives what it found. */
export function marksWhen(
  workbench: Workbench,
  accept: (marks: readonly Mark[]) => boolean,
): Promise<Mark[]> {
  return answerWhen(() => marksOf(workbench), accept);
}

/** Left and right edge of the first occurrence of `words` in the editors' lines. */
export async function edgesOf(
  workbench: Workbench,
  words: string,
): Promise<{ left: number; right: number }> {
  const lines = workbench.page.locator('.monaco-editor .view-line').filter({ hasText: words });
  // Functions with names do not survive the way into the page.
  return lines.first().evaluate((line, wanted) => {
    const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
    const at = line.textContent.indexOf(wanted);
    const range = document.createRange();
    let passed = 0;
    while (walker.nextNode()) {
      const node = walker.currentNode as Text;
      const [from, to] = [at - passed, at + wanted.length - passed];
      if (from >= 0 && from < node.length) range.setStart(node, from);
      if (to > 0 && to <= node.length) range.setEnd(node, to);
      passed += node.length;
    }
    const { left, right } = range.getBoundingClientRect();
    return { left, right };
  }, words);
}
