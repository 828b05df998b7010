import { STEP_MOVES, type StepMove } from '../../app/choices/step';
import { el, icon } from '../../kit/dom';
import type { Panel } from '../../app/panel';
import { COMPUTATION_VIEW, shownComputation } from './shown';

const BUTTONS: Record<StepMove, { readonly icon: string; readonly title: string }> = {
  runAll: { icon: 'debug-continue', title: 'Run all stages (F5)' },
  stepOver: { icon: 'debug-step-over', title: 'Step over (F10, N)' },
  stepInto: { icon: 'debug-step-into', title: 'Step into (F11, I)' },
  stepOut: { icon: 'debug-step-out', title: 'Step out (Shift+F11, O)' },
  stepBack: { icon: 'debug-step-back', title: 'Step back (B)' },
  restart: { icon: 'debug-restart', title: 'Restart (R)' },
};

/** The buttons that step through the computation; keys and menus do the same. */
export function createDebugBar({ store, actions, commands }: Panel): HTMLElement {
  const bar = el('div.debug-bar', { role: 'toolbar', 'aria-label': 'Steps' });
  const step = (name: StepMove): void =>
    actions.step(name, shownComputation(store.state)?.value.headDim ?? 1);
  for (const name of STEP_MOVES) {
    const { icon: sign, title } = BUTTONS[name];
    commands.answer(name, () => {
      if (store.state.options.view === COMPUTATION_VIEW) step(name);
    });
    bar.append(
      el(
        'button',
        {
          class: `debug-button ${name}`,
          title,
          'aria-label': title,
          on: { click: () => step(name) },
        },
        icon(sign),
      ),
    );
  }
  return bar;
}
