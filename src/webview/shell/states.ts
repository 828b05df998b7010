import type { ErrorCode } from '../../protocol/errors';
import type { RemedyId, RunState } from '../../protocol/panel';
import { button } from '../kit/controls';
import { append, el, fill, icon } from '../kit/dom';
import { duration } from '../reading/format';
import type { Panel } from '../app/panel';

const REMEDIES: Record<RemedyId, string> = {
  runAgain: 'Run again',
  showLog: 'Show log',
  chooseModel: 'Choose a model…',
  openSettings: 'Open settings',
  inspectLine: 'Inspect current line',
  openCapture: 'Open a capture file…',
  moveWindow: 'Run from the cursor',
  nextWindow: 'Next window',
  previousWindow: 'Previous window',
  chooseTokenizer: 'Choose a tokenizer file…',
  inspectAsText: 'Inspect as text',
  howToExport: 'How to export',
  openSample: 'Try a sample',
  openInterventions: 'Open a list of interventions…',
  openExperiment: 'Open an experiment…',
  openWalkthrough: 'Open the walkthrough',
};

/** What stands in place of a view while there is no result: empty, running, failed. */
export function createStates(panel: Panel): HTMLElement {
  const element = el('div.state');
  const stages = new StageList();
  panel.store.select(
    state => [state.run, state.capture, state.locus],
    (run, capture, locus) => {
      stages.follow(run);
      const refused = run.kind === 'ready' && capture?.id === run.capture.id && !locus;
      if (run.kind === 'empty') fill(element, emptyState(panel));
      else if (run.kind === 'failed') {
        fill(element, failure(panel, run.error.message, run.error.code, run.remedies));
      } else if (refused)
        fill(element, failure(panel, refusal(run), 'model-unsupported', ['chooseModel']));
      else if (run.kind === 'running' && !capture) fill(element, stages.element);
      else fill(element);
      element.hidden = element.childElementCount === 0;
    },
  );
  return element;
}

function remedyButton({ actions }: Panel, remedy: RemedyId, secondary: boolean): HTMLElement {
  return button(REMEDIES[remedy], () => actions.remedy(remedy), { secondary });
}

function emptyState(panel: Panel): HTMLElement {
  return el(
    'div.empty',
    icon('inspect'),
    el('h2', 'Select text, then choose Inspect Attention'),
    el(
      'p',
      'Right-click the selection in any editor, or press ',
      el('kbd', navigator.userAgent.includes('Mac') ? 'Cmd+K A' : 'Ctrl+K A'),
      '. With no selection, the current line is used.',
    ),
    el(
      'div.buttons',
      remedyButton(panel, 'inspectLine', false),
      remedyButton(panel, 'openSample', true),
      remedyButton(panel, 'chooseModel', true),
    ),
  );
}

/** Why a model that was opened shows nothing. */
function refusal(run: RunState & { kind: 'ready' }): string {
  const reasons = run.capture.model.sites.flatMap(({ check }) =>
    check.result === 'refused' ? [check.reason] : [],
  );
  return reasons[0] ?? 'No attention was found in this model.';
}

function failure(
  panel: Panel,
  message: string,
  code: ErrorCode,
  remedies: readonly RemedyId[],
): HTMLElement {
  const sign = code === 'cancelled' ? 'circle-slash' : 'error';
  const [first = '', rest = ''] = splitSentence(message);
  const body = el('div', el('h2', first), rest !== '' && el('p', rest));
  const buttons = el('div.buttons');
  append(
    buttons,
    remedies.map((remedy, i) => remedyButton(panel, remedy, i > 0)),
  );
  body.append(buttons);
  return el('div.failure', { role: 'alert' }, icon(sign), body);
}

/** The first sentence says what happened; the rest says why and what to do. */
function splitSentence(message: string): string[] {
  const end = /[.!?]”?\s/.exec(message);
  if (!end) return [message];
  const cut = end.index + end[0].trimEnd().length;
  return [message.slice(0, cut), message.slice(cut).trim()];
}

/** The stages of a run as they come, each with the time that it took. */
class StageList {
  readonly element = el('div.stages', { role: 'status' });
  private seen: { stage: string; label: string; since: number }[] = [];

  follow(run: RunState): void {
    if (run.kind !== 'running') {
      this.seen = [];
      return;
    }
    const { stage, label } = run.progress;
    const current = this.seen.at(-1);
    if (current?.stage === stage) current.label = label;
    else this.seen.push({ stage, label, since: performance.now() });
    const ends = [...this.seen.slice(1).map(one => one.since), null];
    fill(
      this.element,
      ...this.seen.map(({ label: text, since }, i) => {
        const end = ends[i] ?? null;
        return el(
          'div',
          { class: end === null ? 'stage current' : 'stage' },
          icon(end === null ? 'loading' : 'pass'),
          el('span', { text }),
          el('span.muted', end === null ? '' : duration(end - since)),
        );
      }),
    );
  }
}
