import { FINDINGS_VIEW } from './findings';
import type { KeyBinding } from './keyBindings';
import type { Panel } from './panel';

/** Controls that read letters themselves. */
const TYPING = 'input, textarea, select, vscode-dropdown, vscode-text-field, vscode-text-area';
/** While one of these is open, keys are its own. */
const MODAL = 'dialog, [role="menu"]';

/** The keys that act from any view. */
export class Keyboard {
  /** Whether letters, digits and signs act by themselves; people may have turned that off. */
  singleKeys = true;

  constructor(
    private readonly panel: Panel,
    private readonly bindings: readonly KeyBinding[],
    /** The open view, by its name. */
    private readonly view: () => string | undefined,
  ) {
    document.addEventListener('keydown', event => this.key(event));
  }

  private key(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey) return;
    if (event.target instanceof Element && event.target.closest(`${TYPING}, ${MODAL}`)) return;
    if (event.key === 'Escape' && !event.altKey) this.escape();
    else {
      const binding = this.bindingOf(event);
      if (!binding) return;
      binding.act();
    }
    event.preventDefault();
  }

  private bindingOf(event: KeyboardEvent): KeyBinding | undefined {
    const isSingle = event.key.length === 1 && !event.altKey;
    if (isSingle && !this.singleKeys) return undefined;
    const view = this.view();
    const key = event.altKey
      ? (BRACKETS[event.code] ?? event.key)
      : event.shiftKey
        ? event.key
        : event.key.toLowerCase();
    return this.bindings.find(
      binding =>
        binding.key === key &&
        (binding.alt ?? false) === event.altKey &&
        (binding.view === undefined || binding.view === view),
    );
  }

  /** Ends what is under way: the run, the preview, the choice of a key. */
  private escape(): void {
    const { store, actions, commands } = this.panel;
    const { run, preview, patching, divergence, findings } = store.state;
    if (run.kind === 'running') actions.cancel();
    else if (patching.isRunning) commands.run('stopPatching');
    else if (divergence.isRunning) commands.run('stopDivergence');
    else if (findings.kind === 'running' && this.view() === FINDINGS_VIEW) actions.cancel();
    else if (preview) {
      if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
      actions.endPreview();
    } else actions.setKey(null);
  }
}

/** Alt changes what these keys type on some systems. */
const BRACKETS: Readonly<Record<string, string>> = { BracketLeft: '[', BracketRight: ']' };
