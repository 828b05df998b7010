import { themeColor } from '../theme';

/** Colours of a figure, as the theme has them at the moment of the export. */
export interface Inks {
  readonly background: string;
  readonly text: string;
  readonly muted: string;
  readonly query: string;
  readonly key: string;
  readonly bar: string;
  readonly hair: string;
  readonly hatch: string;
}

export const MONO = 'ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace';
export const SANS = 'system-ui, "Segoe UI", Ubuntu, sans-serif';

/** Reads the colours of the theme. */
export const readInks = (): Inks => ({
  background: themeColor('--vscode-editor-background'),
  text: themeColor('--vscode-foreground'),
  muted: themeColor('--vscode-descriptionForeground'),
  query: themeColor('--q'),
  key: themeColor('--k'),
  bar: themeColor('--ink'),
  hair: themeColor('--hair-strong'),
  hatch: themeColor('--hatch'),
});

/** A packed pixel as `#rrggbb`: its bytes lie in memory as red, green, blue. */
export function pixelHex(pixel: number): string {
  const [r = 0, g = 0, b = 0] = new Uint8Array(new Uint32Array([pixel]).buffer);
  return `#${[r, g, b].map(part => part.toString(16).padStart(2, '0')).join('')}`;
}
