import type { ModelFinding } from '../../../protocol/findings';
import { isSameIntervention, shownList } from '../../app/interventions/list';
import type { State } from '../../app/state';
import { button, iconButton } from '../../kit/controls';
import { el, fill, icon } from '../../kit/dom';
import { CODES } from './codes';
import { copyText } from './copying';
import { createEvidence } from './evidencePanes';
import { createNode } from './node';
import { markdownOf } from './markdown';
import { goToWords, wholePlace } from './place';
import { selectedRow, type FindingRow, type Row } from './rows';
import { rowSign, signName } from './signs';
import type { FindingsPanel } from './wishes';

/** What is known of the row that is looked at, and what can be done about it. */
export function createDetail(panel: FindingsPanel, titleOf: (view: string) => string): HTMLElement {
  const { store } = panel;
  const element = el('section.finding-detail', { 'aria-label': 'Finding' });
  store.select(
    state => [
      selectedKey(state),
      state.findings,
      state.options.table,
      state.options.colorMap,
      state.options.scale,
      state.themeVersion,
      imposed(state),
      state.capture,
    ],
    () => {
      const { state } = store;
      const row = selectedRow(state);
      element.hidden = row === null;
      if (!row) return;
      fill(
        element,
        ...(row.kind === 'finding'
          ? findingParts(panel, row, titleOf(CODES[row.finding.code].view))
          : [
              drawHead(row, row.kind === 'stop' ? row.measure : ''),
              el('div.finding-body', el('div.finding-words', ...bodyOf(panel, row))),
            ]),
      );
    },
  );
  return element;
}

const selectedKey = (state: State): string | null => selectedRow(state)?.key ?? null;

/** Whether what would mend the run is on already. */
function imposed(state: State): boolean {
  const row = selectedRow(state);
  const wanted = row?.kind === 'finding' ? row.finding.impose?.interventions : undefined;
  const list = shownList(state).filter(({ on = true }) => on);
  return wanted?.every(one => list.some(other => isSameIntervention(one, other))) ?? false;
}

function drawHead(row: Row, place: string, ...buttons: HTMLElement[]): HTMLElement {
  return el(
    'div.finding-head',
    rowSign(row),
    el('h2', el('span.visually-hidden', `${signName(row)}: `), row.name),
    el('span.muted', place),
    el('span.spacer'),
    ...buttons,
  );
}

/** What of a row that is no finding there is to say. */
function bodyOf({ findings, store }: FindingsPanel, row: Exclude<Row, FindingRow>): HTMLElement[] {
  if (row.kind === 'stop') {
    return [
      part('Where', store.state.options.findings.condition),
      part('What it read', row.sentence),
      el(
        'div.finding-buttons',
        button(`Go to ${row.name}`, () => findings.enter(row), { icon: 'target' }),
      ),
    ];
  }
  const list = el('ul.check-names');
  list.append(...row.codes.map(code => el('li', el('code', code), ` ${CODES[code].check}`)));
  return row.kind === 'passed'
    ? [el('p', 'These were looked for, and are not there.'), list]
    : [part('Why not', row.sentence), list];
}

const part = (title: string, text: string): HTMLElement =>
  el('div.finding-part', el('h3', title), el('p', text));

function findingParts(panel: FindingsPanel, row: FindingRow, viewTitle: string): HTMLElement[] {
  const { finding } = row;
  const { state } = panel.store;
  const [first, ...others] = finding.evidence.map(one =>
    createEvidence(one, state, finding.code === 'future-leak'),
  );
  const { findings } = panel;
  const pin = row.isPinned
    ? iconButton('List it again for this model', 'pinned', () => findings.pin(finding, false))
    : iconButton('Ignore it for this model', 'pin', () => findings.pin(finding, true));
  pin.setAttribute('aria-pressed', String(row.isPinned));
  const copied = el('span.copied.muted', { role: 'status' });
  const copy = iconButton('Copy as Markdown (Ctrl+C)', 'copy', () =>
    copyText(markdownOf(row), said => (copied.textContent = said)),
  );
  return [
    drawHead(row, wholePlace(finding), copied, copy, pin),
    el('p.finding-said', finding.sentence),
    el(
      'div.finding-body',
      first ? el('div.finding-evidence', first) : null,
      el(
        'div.finding-words',
        ...others,
        part('Usual cause', finding.cause),
        part('What to do', finding.remedy),
        fixLine(finding),
        buttons(panel, finding, viewTitle),
      ),
    ),
    decision(finding),
  ];
}

function fixLine({ fix }: ModelFinding): HTMLElement | null {
  if (!fix) return null;
  const value = `${fix.path.map(name => JSON.stringify(name)).join(' → ')}: ${JSON.stringify(fix.value)}`;
  return el('p.finding-fix', `In ${fix.file}: `, el('code', value));
}

function buttons(panel: FindingsPanel, finding: ModelFinding, viewTitle: string): HTMLElement {
  const { findings } = panel;
  const { impose } = finding;
  const { state } = panel.store;
  const isOn = imposed(state);
  // What is still looked for cannot be opened by its name.
  const isDone = state.findings.kind === 'ready';
  const imposeButton =
    impose &&
    button(impose.name, () => findings.impose(finding), { secondary: true, icon: 'circle-filled' });
  imposeButton?.classList.toggle('is-on', isOn);
  if (imposeButton)
    imposeButton.title = isOn ? 'It is in the list of interventions, and on' : IMPOSES;
  return el(
    'div.finding-buttons',
    button(goToWords(finding, viewTitle), () => findings.goTo(finding), { icon: 'target' }),
    imposeButton,
    isDone && (finding.range || finding.file)
      ? textButton('go-to-file', fileWords(finding), () => findings.open(finding))
      : null,
    finding.node ? createNode(panel, finding, finding.node) : null,
  );
}

const IMPOSES = 'Runs the text again with this changed, so that the difference is seen';

const fileWords = ({ range, file }: ModelFinding): string =>
  range ? 'Show in the text' : file === 'graph' ? 'Show the model file' : `Open ${file ?? ''}`;

/** A button that is words alone. */
const textButton = (sign: string, label: string, act: () => void): HTMLElement =>
  el('button.text-button', { on: { click: act } }, icon(sign), el('span', label));

function decision({ decision: made, wrongFor }: ModelFinding): HTMLElement {
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['Measured', made.measured],
    ['Limit', made.limit],
    ['Found', made.found],
    ['Confirmed by', made.confirmedBy],
    ['Would be wrong for', wrongFor],
  ];
  const list = el('dl.facts');
  list.append(
    ...facts.flatMap(([name, value]) =>
      value ? [el('div', el('dt', name), el('dd.number', value))] : [],
    ),
  );
  return el('div.finding-decision', el('h3', 'How it was decided'), list);
}
