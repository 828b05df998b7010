type Child = Node | string | null | undefined | false;

type AttributeName =
  | 'autocomplete'
  | 'colspan'
  | 'hidden'
  | 'inputmode'
  | 'max'
  | 'maxlength'
  | 'min'
  | 'placeholder'
  | 'role'
  | 'scope'
  | 'spellcheck'
  | 'step'
  | 'tabindex'
  | 'type'
  | `aria-${string}`
  | `data-${string}`;

/** What an element has: attributes under their names, of which null and false leave one out, and these. */
interface Properties extends Readonly<
  Partial<Record<AttributeName, string | number | boolean | null | undefined>>
> {
  /** Classes, of which empty ones are left out. */
  class?: string | readonly string[];
  text?: string;
  title?: string;
  id?: string;
  /** Set one by one through the style object, which a strict content security policy allows. */
  style?: Record<string, string>;
  on?: { [E in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[E]) => void };
}

type Tag = keyof HTMLElementTagNameMap;

/**
 * Creates an element; text always enters as text, never as markup, and a button submits nothing.
 * @param selector a tag, with the classes that never change: `div.legend.scores`
 * @param content its properties, where it has some, then its children
 */
export function el<T extends Tag>(
  selector: T | `${T}.${string}`,
  ...content: readonly [Properties, ...Child[]] | readonly Child[]
): HTMLElementTagNameMap[T] {
  const [tag, ...classes] = selector.split('.') as [T, ...string[]];
  const element = document.createElement(tag);
  const [first, ...children] = content;
  if (element instanceof HTMLButtonElement) element.type = 'button';
  if (isProperties(first)) apply(element, first);
  else append(element, [first]);
  if (classes.length > 0) {
    element.className = [element.className, ...classes].filter(Boolean).join(' ');
  }
  append(element, children as readonly Child[]);
  return element;
}

const isProperties = (part: Properties | Child): part is Properties =>
  typeof part === 'object' && part !== null && !(part instanceof Node);

/** Sets what `properties` names on an existing element. */
export function apply(element: HTMLElement, properties: Properties): void {
  const { class: classes, text, title, id, style = {}, on = {}, ...attributes } = properties;
  if (classes) element.className = [classes].flat().filter(Boolean).join(' ');
  if (text !== undefined) element.textContent = text;
  if (title) element.title = title;
  if (id) element.id = id;
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const [name, value] of Object.entries(style)) element.style.setProperty(name, value);
  for (const [name, listener] of Object.entries(on)) {
    element.addEventListener(name, listener as (event: Event) => void);
  }
}

/** Appends what is there; null, undefined and false are skipped. */
export function append(element: Element, children: readonly Child[]): void {
  element.append(...children.filter(isThere));
}

const isThere = (child: Child): child is Node | string =>
  child !== null && child !== undefined && child !== false;

/** Replaces everything inside `element`. */
export function fill(element: Element, ...children: Child[]): void {
  element.replaceChildren(...children.filter(isThere));
}

/** A side or a size of an element in its container, in CSS pixels; infinity gives it back to the style sheet. */
type Box = { readonly [side in 'left' | 'top' | 'width' | 'height']?: number };

/** Gives an element its place and size; what is left out stays. */
export function putAt(element: HTMLElement | SVGElement, box: Box): void {
  for (const [side, pixels] of Object.entries(box)) {
    element.style.setProperty(side, Number.isFinite(pixels) ? `${pixels}px` : '');
  }
}

/** A canvas whose picture screen readers hear of elsewhere. */
export const hiddenCanvas = (name = ''): HTMLCanvasElement =>
  el('canvas', { class: name, 'aria-hidden': 'true' });

/** A font icon of `@vscode/codicons`, hidden from screen readers. */
export function icon(name: string): HTMLElement {
  return el('i', { class: `codicon codicon-${name}`, 'aria-hidden': 'true' });
}

/** A token in the editor's font, kept apart from the writing direction around it. */
export function tokenSpan(text: string, role: '' | 'query' | 'key' = ''): HTMLElement {
  return el('bdi', { class: `token-text ${role}`.trim(), text });
}
