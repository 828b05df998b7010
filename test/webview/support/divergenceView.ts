import { PanelPage, type OpenOptions } from './panelPage';
import { comparing } from './patchingView';
import { RECIPES, type RecipeName } from './recipes';
import type { DivergenceCase } from './syntheticDivergence';

/** The reference of the other model that people chose. */
export const OTHER_MODEL = '/models/export-2';

/** Opens the Divergence view over made-up numbers. */
export async function openDivergence(
  options: OpenOptions & {
    readonly name?: DivergenceCase;
    /** The comparison goes on until it is let end. */
    readonly isHeld?: boolean;
    /** Why there is no comparison. */
    readonly fault?: string;
  } = {},
): Promise<PanelPage> {
  const { name = 'weights', isHeld = false, fault, capture = 'decoder' } = options;
  const panel = await PanelPage.open({
    capture,
    script: comparing('', OTHER_MODEL, 'divergence'),
    ...options,
  });
  const recipe = RECIPES[capture as RecipeName];
  await panel.page.evaluate(
    ([of, isGoing, why, reference, other]) => {
      const { host } = window;
      host.divergence = { name: of, mayEnd: !isGoing };
      if (why !== null) host.layers.faults['firstDivergence'] = why;
      host.emitModels([{ reference, label: 'export-2', detail: 'model.onnx, float32' }]);
      host.showSide('other', other);
    },
    [name, isHeld, fault ?? null, OTHER_MODEL, { ...recipe, id: 'other-model' }] as const,
  );
  await panel.page.locator('.divergence .sentence', { hasText: /\w/ }).waitFor();
  return panel;
}
