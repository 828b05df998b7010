import { el, fill } from './dom';
import { drawGroup, listenToKeys, type MenuGroup } from './menu';

/** What a menu is of, and what stands in it. */
export interface MenuOf {
  readonly name: string;
  readonly groups: readonly MenuGroup[];
  /** What the menu stands below when a key opened it. */
  readonly anchor: Element;
}

/** Least distance to the window's edges, in CSS pixels. */
const MARGIN = 4;

let close: () => void = () => undefined;

/**
 * Opens a menu at the pointer with a right click, or below its anchor with the menu key or Shift+F10.
 * @param of what is under the pointer, or has the focus; null where there is no menu
 */
export function listenForMenu(place: HTMLElement, of: (event: Event) => MenuOf | null): void {
  place.addEventListener('contextmenu', event => {
    const menu = of(event);
    if (!menu) return;
    event.preventDefault();
    event.stopPropagation();
    show(menu, event.clientX, event.clientY);
  });
  place.addEventListener('keydown', event => {
    const isMenuKey = event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey);
    const menu = isMenuKey ? of(event) : null;
    if (!menu) return;
    event.preventDefault();
    event.stopPropagation();
    const box = menu.anchor.getBoundingClientRect();
    show(menu, box.left, box.bottom);
  });
}

function show({ name, groups }: MenuOf, left: number, top: number): void {
  close();
  const before = document.activeElement;
  const menu = el('div.menu.context-menu', { role: 'menu', 'aria-label': name });
  const items = (): HTMLElement[] => [...menu.querySelectorAll<HTMLElement>('.menu-item')];
  const outside = (event: Event): void => {
    if (event.target instanceof Node && !menu.contains(event.target)) close();
  };
  close = () => {
    menu.remove();
    document.removeEventListener('pointerdown', outside, true);
    window.removeEventListener('blur', close);
    close = () => undefined;
  };
  const goBack = (): void => {
    if (before instanceof HTMLElement && before.isConnected) before.focus();
  };
  fill(
    menu,
    ...groups
      .filter(group => group.items.length > 0)
      .map(group =>
        drawGroup(group, item => {
          close();
          goBack();
          item.act();
        }),
      ),
  );
  listenToKeys(menu, items, isEscape => {
    close();
    if (isEscape) goBack();
  });
  (document.getElementById('app') ?? document.body).append(menu);
  const { width, height } = menu.getBoundingClientRect();
  const fit = (wanted: number, size: number, room: number): number =>
    Math.max(MARGIN, Math.min(wanted, room - size - MARGIN));
  menu.style.left = `${fit(left, width, window.innerWidth)}px`;
  menu.style.top = `${fit(top, height, window.innerHeight)}px`;
  document.addEventListener('pointerdown', outside, true);
  window.addEventListener('blur', close);
  items()[0]?.focus();
}
