import { resolve } from 'node:path';
import { createInspector } from '../../../src/inspector/inspector';
import type { CaptureSummary } from '../../../src/protocol/capture';
import type { InspectorApi } from '../../../src/protocol/inspector';
import { NEVER_CANCELLED, type Handlers } from '../../../src/protocol/rpc';
import { PanelPage, type OpenOptions } from './panelPage';
import { RECIPES, tokensOf } from './recipes';
import type { Recipe } from './syntheticCapture';

/** Two texts between which the bundled decoder's induction heads tell. */
export const INDUCTION = {
  a: 'The blue cat and the red dog. The blue',
  b: 'The blue dog and the red cat. The blue',
} as const;

const swapped = RECIPES.decoder.text.replace('jumped', 'slept').replace(' a tree', ' a house');

/** The synthetic decoder's text with other words at tokens 3 and 7. */
export const TEXT_B: Recipe = {
  ...RECIPES.decoder,
  id: 'decoder-b',
  text: swapped,
  tokens: { decoder: changed(RECIPES.decoder.tokens.decoder) },
};

function changed(tokens: ReturnType<typeof tokensOf>): ReturnType<typeof tokensOf> {
  return tokens.map(token =>
    token.index === 3 || token.index === 7
      ? { ...token, id: 900 + token.index, token: ' other', text: ' other' }
      : token,
  );
}

/** The same text with one token less. */
export const SHORTER_B: Recipe = {
  ...TEXT_B,
  id: 'decoder-shorter',
  tokens: { decoder: TEXT_B.tokens.decoder?.slice(0, -1) ?? [] },
};

/** Says in the saved options that the run is compared with another text of a model. */
export const comparing = (
  otherText: string,
  other = '=',
  view = 'patching',
  patching: object = {},
): string =>
  `sessionStorage.setItem('saved', ${JSON.stringify(
    JSON.stringify({ options: { view, masking: { other, otherText }, patching } }),
  )});`;

/** Opens the Patching view over made-up numbers, of which so many rows are answered. */
export async function openPatching(
  options: OpenOptions & { readonly rows?: number; readonly other?: Recipe } = {},
): Promise<PanelPage> {
  const { rows, other = TEXT_B } = options;
  const panel = await PanelPage.open({
    capture: 'decoder',
    script: comparing(other.text),
    ...options,
  });
  await panel.page.evaluate(
    ([limit, recipe]) => {
      window.host.patchRows = limit ?? Infinity;
      window.host.showSide('other', recipe);
    },
    [rows, other] as const,
  );
  await panel.page.locator('.patching .sentence', { hasText: /\w/ }).waitFor();
  return panel;
}

/** A real inspector with the runs of two texts. */
export interface RealPair {
  readonly inspector: Handlers<InspectorApi>;
  readonly a: CaptureSummary;
  readonly b: CaptureSummary;
}

/** Runs two texts through a bundled model, beside one target where it has one. */
export async function runPair(
  model: string,
  a: string,
  b: string,
  target?: string,
): Promise<RealPair> {
  const inspector = createInspector({ treebank: resolve('models/treebank/treebank.conllu') });
  const inspect = (text: string): Promise<CaptureSummary> =>
    inspector.inspect(
      {
        model: resolve('models', model),
        text,
        ...(target === undefined ? {} : { target }),
        maximumTokens: 512,
      },
      () => undefined,
      NEVER_CANCELLED,
    );
  return { inspector, a: await inspect(a), b: await inspect(b) };
}

/** Opens the Patching view over what the inspector says of two texts. */
export async function openRealPatching(
  { inspector, a, b }: RealPair,
  options: OpenOptions = {},
): Promise<PanelPage> {
  const panel = await PanelPage.open({
    capture: 'bridge',
    inspector,
    script: comparing(b.text),
    ...options,
  });
  await panel.page.evaluate(
    ([main, other]) => {
      window.host.showRun(main);
      window.host.emit('side', {
        slot: 'other',
        state: { kind: 'ready', capture: other, stale: false },
      });
    },
    [a, b] as const,
  );
  await panel.ready(a.id);
  await panel.page.locator('.patching .sentence', { hasText: /recovers/ }).waitFor();
  return panel;
}
