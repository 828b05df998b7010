import type { CaptureSummary } from '../../protocol/capture';
import { textStack } from '../reading/capture';
import { button } from '../kit/controls';
import { el, fill, icon } from '../kit/dom';
import { count, counted } from '../reading/format';
import { brokenMaskSentence, refusalSentence } from '../reading/missingLayers';
import { countOn, runList } from '../app/interventions/list';
import { onWords } from '../app/interventions/outcome';
import type { Panel } from '../app/panel';
import { outdatedWords } from '../kit/outdated';

/** Lines under the header that say what is special about the result on show. */
export function createNotices(panel: Panel): HTMLElement {
  const { store, actions } = panel;
  const element = el('div.notices');
  const showLog = (): HTMLElement =>
    button('Show log', () => actions.remedy('showLog'), { secondary: true });
  store.select(
    state => [
      state.run,
      state.sliceError,
      state.wishError,
      state.models,
      state.options.isIntervening,
    ],
    (run, sliceError, wishError, models, isOpen) => {
      const runAgain = (label: string): HTMLElement =>
        button(label, () => actions.remedy('runAgain'), { secondary: true });
      const fromFile = run.kind === 'ready' && run.capture.file !== undefined;
      const outdated = run.kind === 'ready' ? outdatedWords(run, models) : '';
      const cut = run.kind === 'ready' ? truncation(run.capture) : null;
      // A part of a pair, or of messages, is no window of them.
      const hasWindows =
        !fromFile && run.kind === 'ready' && !run.capture.chat && run.capture.pair === undefined;
      fill(
        element,
        outdated !== '' && notice('history', outdated, runAgain('Run again')),
        cut &&
          notice(
            'warning',
            cut.text,
            hasWindows &&
              button('Next window', () => actions.remedy('nextWindow'), { secondary: true }),
            hasWindows &&
              button('Run from the cursor', () => actions.remedy('moveWindow'), {
                secondary: true,
              }),
            cut.setting &&
              button('Open settings', () => actions.remedy('openSettings'), { secondary: true }),
          ),
        run.kind === 'ready' &&
          run.window !== undefined &&
          notice(
            'info',
            `Window ${count(run.window + 1)} of the text; token 0 is the first one of this window.`,
            button('Previous window', () => actions.remedy('previousWindow'), { secondary: true }),
          ),
        run.kind === 'ready' && !isOpen && countOn(runList(run)) > 0 && modifiedNotice(panel, run),
        run.kind === 'ready' && run.capture.notNumbers && nanNotice(panel, run.capture),
        ...(run.kind === 'ready'
          ? [refusalSentence(run.capture), brokenMaskSentence(run.capture)]
          : []
        ).map(text => text !== null && notice('warning', text)),
        ...(run.kind === 'ready' ? (run.capture.notes ?? []) : []).map(note =>
          notice('info', note),
        ),
        sliceError &&
          run.kind === 'ready' &&
          notice(
            'error',
            sliceError.message,
            runAgain(fromFile ? 'Open again' : 'Run again'),
            showLog(),
          ),
        wishError &&
          notice(
            'error',
            wishError.message,
            button('Close', () => actions.dismiss(), { secondary: true }),
          ),
      );
    },
  );
  return element;
}

function notice(sign: string, text: string, ...buttons: (HTMLElement | false)[]): HTMLElement {
  return el(
    'div',
    { class: `notice ${sign}`, role: 'status' },
    icon(sign),
    el('span.notice-text', { text }),
    ...buttons,
  );
}

/** Says that the run on show is a modified one, and leads to the list. */
function modifiedNotice(
  { interventions }: Panel,
  { capture }: { readonly capture: CaptureSummary },
): HTMLElement {
  const on = onWords(runList({ capture }));
  return notice(
    'circle-filled',
    `This run is modified: ${on}. All numbers are those of the modified run.`,
    button('Show the list', () => interventions.open(true), { secondary: true }),
    button('Switch all off', () => interventions.switchAll(), { secondary: true }),
  );
}

/** Says where weights are not numbers, and leads there. */
function nanNotice({ actions }: Panel, { notNumbers, model }: CaptureSummary): HTMLElement | false {
  if (!notNumbers) return false;
  const { layer, head, query, queries, of, heads, isMasked } = notNumbers;
  const others = heads > 1 ? `, and in ${counted(heads - 1, 'other head')}` : '';
  const cause = isMasked
    ? 'The mask blocks every key of these queries.'
    : model.precision === 'float16' || model.precision === 'mixed'
      ? 'Often fp16 overflow before softmax.'
      : 'Look at the scores before the softmax.';
  return notice(
    'warning',
    `NaN in layer ${layer}, head ${head}, ${count(queries)} of ${count(of)} queries${others}. ${cause}`,
    button(`Go to L${layer} H${head}`, () => actions.goTo(notNumbers, query), { secondary: true }),
  );
}

/** What to say where only the first tokens of the text were run. */
function truncation(capture: CaptureSummary): { text: string; setting: boolean } | null {
  const run = capture.tokens[textStack(capture)]?.length ?? 0;
  if (capture.totalTokens <= run) return null;
  const limit = capture.model.maximumPositions;
  const byModel = limit !== undefined && run >= limit;
  const reason = byModel ? `the model accepts ${count(limit)}` : `the setting allows ${count(run)}`;
  return {
    text: `${count(capture.totalTokens)} tokens; ${reason}. Tokens 0–${count(run - 1)} were run.`,
    setting: !byModel,
  };
}
