import { LARGEST_ERROR } from '../../computation/facts';
import { number } from '../../computation/numbers';
import { el, fill, icon } from '../../dom';

/** Says so where the steps do not lead to the model's own weights. */
export function drawWarning(place: HTMLElement, weightError: number): void {
  const isFine = weightError <= LARGEST_ERROR;
  place.hidden = isFine;
  if (isFine) {
    fill(place);
    return;
  }
  const difference = Number.isNaN(weightError)
    ? 'Recomputed weights are not numbers (NaN)'
    : `Recomputed weights differ from the model’s by up to ${number(weightError, 4)}`;
  fill(
    place,
    icon('warning'),
    el('span', {
      text: `${difference}: more than ${LARGEST_ERROR} means that the model does something between q · k and α that these steps leave out. The weights are the model’s own; the steps before them are not to be relied on here.`,
    }),
  );
}
