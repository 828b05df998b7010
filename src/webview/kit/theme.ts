/** The four kinds of theme that VS Code tells apart. */
export type ThemeKind = 'dark' | 'light' | 'highContrast' | 'highContrastLight';

/** Reads the kind from the classes that VS Code puts on the body. */
export function themeKind(classes: DOMTokenList): ThemeKind {
  if (classes.contains('vscode-high-contrast-light')) return 'highContrastLight';
  if (classes.contains('vscode-high-contrast')) return 'highContrast';
  return classes.contains('vscode-light') ? 'light' : 'dark';
}

export const isDark = (kind: ThemeKind): boolean => kind === 'dark' || kind === 'highContrast';

/** Calls `changed` whenever the theme's kind or its colours may have changed. */
export function watchTheme(changed: (kind: ThemeKind) => void): void {
  const observer = new MutationObserver(() => {
    values.clear();
    colors.clear();
    changed(themeKind(document.body.classList));
  });
  observer.observe(document.body, { attributes: true, attributeFilter: ['class'] });
  observer.observe(document.documentElement, {
    attributes: true,
    attributeFilter: ['class', 'style'],
  });
}

/** Values read since the theme changed last: reading a computed style makes the browser lay out. */
const values = new Map<string, string>();

/** Value of a custom property as it holds on the body. */
export function themeValue(name: string): string {
  const known = values.get(name);
  if (known !== undefined) return known;
  const value = getComputedStyle(document.body).getPropertyValue(name).trim();
  values.set(name, value);
  return value;
}

let mixer: CanvasRenderingContext2D | null = null;
const colors = new Map<string, string>();

/** A colour of the theme, written as `#rrggbb` or `rgba(r, g, b, a)` whatever its syntax was. */
export function themeColor(name: string): string {
  const known = colors.get(name);
  if (known !== undefined) return known;
  mixer ??= document.createElement('canvas').getContext('2d');
  if (!mixer) return themeValue(name);
  mixer.fillStyle = '#808080';
  mixer.fillStyle = themeValue(name);
  colors.set(name, mixer.fillStyle);
  return mixer.fillStyle;
}
