import { el, fill, icon } from './dom';

/** One line of a menu. */
export interface MenuItem {
  readonly label: string;
  readonly icon?: string;
  /** One of a group of choices, and whether it is the chosen one; such items leave the menu open. */
  readonly checked?: boolean;
  /** The keys that do the same: `Shift+E`. */
  readonly keys?: string;
  /** Why it cannot be chosen now; it can where absent. */
  readonly refusal?: string | undefined;
  act(): void;
}

/** Items that belong together. */
export interface MenuGroup {
  readonly name: string;
  readonly items: readonly MenuItem[];
}

export interface MenuButton {
  readonly element: HTMLElement;
  /** Shows the menu and moves the focus into it. */
  open(): void;
}

/** A button and the menu that it opens: arrows move, Enter chooses, Esc and Tab close. */
export function menuButton(
  name: string,
  face: readonly (HTMLElement | string)[],
  groups: () => readonly MenuGroup[],
): MenuButton {
  const menu = el('div.menu', { role: 'menu', 'aria-label': name });
  menu.hidden = true;
  const button = el(
    'button.header-button',
    {
      title: name,
      'aria-label': name,
      'aria-haspopup': 'menu',
      'aria-expanded': 'false',
      on: { click: () => (menu.hidden ? open() : close()) },
    },
    ...face,
  );
  const element = el('div.menu-anchor', button, menu);
  const items = (): HTMLElement[] => [...menu.querySelectorAll<HTMLElement>('.menu-item')];

  function draw(): void {
    fill(menu, ...groups().map(group => drawGroup(group, choose)));
  }
  function open(): void {
    draw();
    menu.hidden = false;
    button.setAttribute('aria-expanded', 'true');
    document.addEventListener('pointerdown', outside, true);
    items()[0]?.focus();
  }
  function close(): void {
    menu.hidden = true;
    button.setAttribute('aria-expanded', 'false');
    document.removeEventListener('pointerdown', outside, true);
  }
  function choose(item: MenuItem): void {
    const at = items().indexOf(document.activeElement as HTMLElement);
    if (item.checked === undefined) {
      close();
      button.focus();
      item.act();
      return;
    }
    item.act();
    draw();
    items()[at]?.focus();
  }
  function outside(event: Event): void {
    if (event.target instanceof Node && !element.contains(event.target)) close();
  }
  listenToKeys(menu, items, isEscape => {
    close();
    if (isEscape) button.focus();
  });
  return { element, open };
}

/** Arrows and letters move the focus; Esc and Tab end it. */
export function listenToKeys(
  menu: HTMLElement,
  items: () => HTMLElement[],
  end: (isEscape: boolean) => void,
): void {
  menu.addEventListener('keydown', event => {
    const known = items();
    const at = known.indexOf(document.activeElement as HTMLElement);
    const target = targetOf(event.key, at, known);
    if (event.key === 'Tab') end(false);
    else if (event.key === 'Escape') end(true);
    else if (target === undefined) return;
    else known[target]?.focus();
    if (event.key === 'Tab') return;
    event.preventDefault();
    event.stopPropagation();
  });
}

/** Where a key leads among the items of a menu; a letter to the next item that begins with it. */
function targetOf(key: string, at: number, items: readonly HTMLElement[]): number | undefined {
  const { length } = items;
  const places: Record<string, number> = {
    ArrowDown: (at + 1) % length,
    ArrowUp: (at - 1 + length) % length,
    Home: 0,
    End: length - 1,
  };
  const place = places[key];
  if (place !== undefined || !/^\p{L}$/u.test(key)) return place;
  const order = items.map((_, i) => (at + 1 + i) % length);
  return order.find(i => items[i]?.textContent.toLowerCase().startsWith(key.toLowerCase()));
}

/** One group of a menu as an element. */
export function drawGroup(
  { name, items }: MenuGroup,
  choose: (item: MenuItem) => void,
): HTMLElement {
  const group = el('div.menu-group', { role: 'group', 'aria-label': name });
  group.append(
    ...items.map(item => {
      const checked = item.checked;
      const sign = checked === undefined ? item.icon : checked ? 'check' : undefined;
      return el(
        'button.menu-item',
        {
          role: checked === undefined ? 'menuitem' : 'menuitemradio',
          'aria-checked': checked === undefined ? null : String(checked),
          'aria-disabled': item.refusal === undefined ? null : 'true',
          tabindex: -1,
          title: item.refusal ?? '',
          on: { click: () => item.refusal === undefined && choose(item) },
        },
        el('span.menu-sign', sign ? icon(sign) : null),
        el('span.menu-label', item.label),
        item.keys !== undefined && el('kbd', { 'aria-hidden': 'true' }, item.keys),
      );
    }),
  );
  return group;
}
