const NAMESPACE = 'http://www.w3.org/1998/Math/MathML';

/** A MathML element; false children are left out. */
export function math(
  tag: string,
  attributes: Readonly<Record<string, string>>,
  ...children: (Node | string | false)[]
): Element {
  const element = document.createElementNS(NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter(child => child !== false));
  return element;
}
