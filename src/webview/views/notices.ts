import type { CaptureSummary } from '../../protocol/capture';
import { textStack } from '../capture';
import { button } from '../controls';
import { el, fill, icon } from '../dom';
import { count } from '../format';
import type { Panel } from '../panel';

/** Lines under the header that say what is special about the result on show. */
export function createNotices({ store, actions }: Panel): HTMLElement {
  const element = el('div', { class: 'notices' });
  const showLog = (): HTMLElement =>
    button('Show log', () => actions.remedy('showLog'), { secondary: true });
  store.select(
    state => [state.run, state.capture, state.sliceError],
    (run, capture, sliceError) => {
      const runAgain = (label: string): HTMLElement =>
        button(label, () => actions.remedy('runAgain'), { secondary: true });
      const stale = run.kind === 'ready' && run.stale;
      const cut = run.kind === 'ready' && capture ? truncation(capture) : null;
      fill(
        element,
        stale && notice('history', 'Text changed since this run.', runAgain('Re-run')),
        cut &&
          notice(
            'warning',
            cut.text,
            cut.setting &&
              button('Open settings', () => actions.remedy('openSettings'), { secondary: true }),
          ),
        ...(run.kind === 'ready' ? (run.capture.notes ?? []) : []).map(note =>
          notice('info', note),
        ),
        sliceError &&
          run.kind === 'ready' &&
          notice('error', sliceError.message, runAgain('Run again'), showLog()),
      );
    },
  );
  return element;
}

function notice(sign: string, text: string, ...buttons: (HTMLElement | false)[]): HTMLElement {
  return el(
    'div',
    { class: `notice ${sign}`, attributes: { role: 'status' } },
    icon(sign),
    el('span', { class: 'notice-text', text }),
    ...buttons,
  );
}

/** What to say where only the first tokens of the text were run. */
function truncation(capture: CaptureSummary): { text: string; setting: boolean } | null {
  const run = capture.tokens[textStack(capture)]?.length ?? 0;
  if (capture.totalTokens <= run) return null;
  const limit = capture.model.maximumPositions;
  const byModel = limit !== undefined && run >= limit;
  const reason = byModel ? `the model accepts ${count(limit)}` : 'the setting allows no more';
  return {
    text: `Only the first ${count(run)} of ${count(capture.totalTokens)} tokens were run; ${reason}.`,
    setting: !byModel,
  };
}
