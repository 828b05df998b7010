import type { MaskChange, OrderChange } from '../../../src/protocol/change';
import type { Token } from '../../../src/protocol/tokens';
import type { PanelPage } from './panelPage';
import { RECIPES, tokensOf, type RecipeName } from './recipes';
import type { Recipe } from './syntheticCapture';

/** The encoder's text as a byte-level tokenizer splits it: the white space belongs to the next word. */
export function decoderTokens(): Token[] {
  const { text } = RECIPES.encoder;
  const words = [...text.matchAll(/ ?\S+/g)];
  const start: Token = {
    index: 0,
    id: 1,
    token: '<s>',
    text: '',
    start: 0,
    end: 0,
    special: true,
    unknown: false,
    continues: false,
  };
  return [
    start,
    ...words.map((match, i) => ({
      ...start,
      index: i + 1,
      id: 10 + i,
      token: match[0],
      text: match[0],
      start: match.index,
      end: match.index + match[0].length,
      special: false,
    })),
  ];
}

/** The same text through a causal decoder. */
export const OTHER: Recipe = {
  ...RECIPES.decoder,
  id: 'other-1',
  tokens: { decoder: decoderTokens() },
};

/** The run of a recipe made again with a mask. */
export function changedRecipe(
  main: RecipeName,
  mask: MaskChange = { kind: 'causal' },
  id = 'changed-1',
): Recipe {
  const recipe: Recipe = RECIPES[main];
  const blocks = recipe.blocks.map(block => ({
    ...block,
    causal: mask.kind === 'bidirectional' ? false : mask.kind === 'causal' || block.causal === true,
  }));
  return { ...recipe, id, mask, blocks, tokens: { ...recipe.tokens, ...padded(recipe, mask) } };
}

function padded({ tokens }: Recipe, mask: MaskChange): Recipe['tokens'] {
  const source = tokens.encoder;
  if (mask.kind !== 'padding' || !source) return {};
  const pads = tokensOf(Array.from({ length: mask.count }, () => '[PAD]'));
  const all = mask.side === 'left' ? [...pads, ...source] : [...source, ...pads];
  return { encoder: all.map((token, index) => ({ ...token, index })) };
}

/** Opens the Masking view and ends both runs beside the main one. */
export async function openMasking(
  panel: PanelPage,
  main: RecipeName = 'encoder',
  mask?: MaskChange,
): Promise<void> {
  const tab = panel.page.getByRole('tab', { name: 'Masking' });
  if (await tab.isVisible()) await tab.click();
  await panel.page.evaluate(
    ([other, changed]) => {
      window.host.showSide('other', other);
      window.host.showSide('changed', changed);
    },
    [OTHER, changedRecipe(main, mask)] as const,
  );
  await panel.page.getByText('gained').first().waitFor();
  await panel.page.locator('.masking .sentence', { hasText: 'With ' }).waitFor();
}

/** The run of a recipe made again in another order. */
export function reorderedRecipe(main: RecipeName, change: OrderChange, id: string): Recipe {
  const recipe: Recipe = RECIPES[main];
  const stack = recipe.tokens.encoder ? 'encoder' : 'decoder';
  const plain = recipe.tokens[stack] ?? [];
  const tokens = (change.order ?? plain.map((_, i) => i)).map((token, index) => {
    const one = plain[token];
    if (!one) throw new Error(`No token ${token}.`);
    return { ...one, index };
  });
  return { ...recipe, id, order: change, tokens: { ...recipe.tokens, [stack]: tokens } };
}
