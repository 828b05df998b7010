import { el, icon } from '../kit/dom';
import type { Exporter, FigureFormat } from '../app/export/exporter';
import type { Panel } from '../app/panel';
import { menuButton, type MenuGroup, type MenuItem } from '../kit/menu';

const FORMATS: readonly (readonly [FigureFormat, string])[] = [
  ['svg', 'SVG picture…'],
  ['png', 'PNG picture…'],
  ['csv', 'CSV table…'],
  ['json', 'JSON with tokens and numbers…'],
];

/** Compare, Export, the model card and the list of keys; in narrow panels all of them in one menu. */
export function createHeaderActions(
  { store, commands, interventions }: Panel,
  exporter: Exporter,
  canCompare: boolean,
  canIntervene: boolean,
): HTMLElement {
  const compare = (): void => commands.run('compare');
  const help = (): void => commands.run('help');
  const modelCard = (): void => commands.run('modelCard');
  const exportMenu = menuButton(
    'Export',
    [icon('export'), el('span', 'Export'), icon('chevron-down')],
    () => exportGroups(exporter),
  );
  const more = menuButton('More actions', [icon('ellipsis')], () => [
    ...(canCompare
      ? [{ name: 'Compare', items: [{ label: 'Compare', icon: 'split-horizontal', act: compare }] }]
      : []),
    ...(canIntervene
      ? [{ name: 'Intervene', items: [{ label: 'Intervene', icon: 'beaker', act: intervene }] }]
      : []),
    ...exportGroups(exporter),
    { name: 'Model', items: [{ label: 'Model card', icon: 'info', act: modelCard }] },
    { name: 'Help', items: [{ label: 'Keys', icon: 'question', act: help }] },
  ]);
  const intervene = (): void => commands.run('intervene');
  const interveneButton = headerButton('Intervene: change the run', intervene, [
    icon('beaker'),
    el('span', 'Intervene'),
  ]);
  interveneButton.hidden = !canIntervene;
  const compareButton = headerButton('Compare models, texts and masks', compare, [
    icon('split-horizontal'),
    el('span', 'Compare'),
  ]);
  compareButton.hidden = !canCompare;
  const cardButton = headerButton('Show the model card', modelCard, [icon('info')]);
  const helpButton = headerButton('List the keys', help, [icon('question')]);
  const wide = el(
    'div.header-actions.wide',
    compareButton,
    interveneButton,
    exportMenu.element,
    cardButton,
    helpButton,
  );
  const narrow = el('div.header-actions.narrow', more.element);
  commands.answer('export', () => {
    // In the list, the key that exports elsewhere saves the list.
    if (document.activeElement?.closest('.interventions')) interventions.save();
    else (wide.offsetParent ? exportMenu : more).open();
  });
  store.select(
    state => [state.options.isIntervening],
    isOpen => interveneButton.setAttribute('aria-pressed', String(isOpen)),
  );
  store.select(
    state => [state.capture, state.locus, state.run.kind],
    (capture, locus, run) => {
      const nothing = !capture || !locus || run === 'failed' || run === 'empty';
      compareButton.toggleAttribute('disabled', nothing);
      interveneButton.toggleAttribute('disabled', nothing);
      cardButton.toggleAttribute('disabled', !capture);
      exportMenu.element.querySelector('button')?.toggleAttribute('disabled', nothing);
    },
  );
  return el('div.header-actions-place', wide, narrow);
}

function exportGroups(exporter: Exporter): MenuGroup[] {
  const figures = exporter.figures();
  const choices = figures.map(({ id, title, isCurrent }) => ({
    label: title,
    checked: isCurrent,
    act: () => exporter.choose(id),
  }));
  const save = FORMATS.map(([format, label]): MenuItem => ({
    label,
    icon: 'export',
    act: () => void exporter.save(format),
  }));
  const capture: MenuItem = {
    label: 'Capture file…',
    icon: 'save',
    act: () => void exporter.saveCapture(),
  };
  return [
    ...(choices.length > 1 ? [{ name: 'Figure', items: choices }] : []),
    ...(choices.length > 0 ? [{ name: 'Save the figure as', items: save }] : []),
    { name: 'Save the run as', items: [capture] },
  ];
}

function headerButton(name: string, act: () => void, face: readonly HTMLElement[]): HTMLElement {
  return el(
    'button.header-button',
    { title: name, 'aria-label': name, on: { click: act } },
    ...face,
  );
}
