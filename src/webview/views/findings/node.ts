import type { ModelFinding } from '../../../protocol/findings';
import { el, icon } from '../../kit/dom';
import { siteAt } from '../../reading/capture';
import { createSourceNote, sourceTitle, stepOfHead } from '../../shell/goToSource';
import { placeOf, shortPlace } from '../../../protocol/source';
import { copyText } from './copying';
import { blockOf } from './place';
import type { FindingsPanel } from './wishes';

/** Where in the graph it comes about: name and operator, to be copied, and the source where it is known. */
export function createNode(
  panel: FindingsPanel,
  finding: ModelFinding,
  { name, operator }: NonNullable<ModelFinding['node']>,
): HTMLElement {
  const said = el('span.muted', { role: 'status' });
  const copy = el(
    'button.text-button',
    { on: { click: () => copyText(name, words => (said.textContent = words)) } },
    icon('copy'),
    el('span', 'Copy the name'),
  );
  const summary = el('summary', icon('go-to-file'), el('span', 'Node in the graph'));
  return el(
    'details.finding-node',
    summary,
    el('p', el('code', name), ` ${operator}`),
    el('div.finding-node-buttons', copy, sourceButton(panel, finding), said),
    createSourceNote(panel),
  );
}

function sourceButton(panel: FindingsPanel, finding: ModelFinding): HTMLElement | null {
  const { store, findings, actions } = panel;
  const { capture } = store.state;
  const block = capture && blockOf(finding.place, capture);
  const { layer } = finding.place;
  if (!capture || !block || layer === undefined) return null;
  const source = siteAt(capture, block, layer)?.source;
  const stage = stepOfHead(source);
  const place = placeOf(source, stage);
  if (!source || !place) return null;
  const go = (): void => {
    findings.locate(finding);
    actions.goToSource(stage);
  };
  return el(
    'button.text-button',
    { title: sourceTitle(source, place), on: { click: go } },
    icon('code'),
    el('span', `Go to Source (${shortPlace(place)})`),
  );
}
