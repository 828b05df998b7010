import { interventionsOf } from '../../protocol/change';
import type { InspectParams } from '../../protocol/inspector';
import { isOn, type Intervention } from '../../protocol/intervention';
import type { GivenFeeds } from '../../protocol/model';
import { isSameText, textSpec, type RunSpec, type TextSpec } from '../../protocol/run';
import { targetOf, type Subject } from './subject';

/** What people gave runs beside their text. */
export interface Given {
  /** What inputs of one model are fed. */
  readonly feeds?: { readonly model: string; readonly values: GivenFeeds } | undefined;
  readonly interventions?: GivenInterventions | undefined;
}

/** A list of interventions, and the run that its numbers of layers, heads and tokens belong to. */
export interface GivenInterventions {
  readonly model: string;
  readonly text: TextSpec;
  readonly target: string | undefined;
  readonly list: readonly Intervention[];
}

/**
 * What of it a run of `model` on `subject` is made with. Interventions stay in the list: all are off in
 * another model, and those that name tokens are off in another text.
 */
export function givenTo(
  { feeds, interventions }: Given,
  model: string,
  subject: Subject,
): Pick<RunSpec, 'feeds' | 'changes'> {
  return {
    ...(feeds?.model === model ? { feeds: feeds.values } : {}),
    ...(interventions ? { changes: listFor(interventions, model, subject) } : {}),
  };
}

/** The interventions of a run, on and off; undefined where it has none. */
export function interventionsGiven(
  model: string,
  run: TextSpec & Pick<RunSpec, 'target' | 'changes'>,
): GivenInterventions | undefined {
  const list = interventionsOf(run);
  return list.length > 0 ? { model, text: textSpec(run), target: run.target, list } : undefined;
}

/** What a run was given. */
export function givenIn(params: InspectParams | undefined): Given {
  if (!params) return {};
  const { model, feeds } = params;
  return {
    feeds: feeds && { model, values: feeds },
    interventions: interventionsGiven(model, params),
  };
}

function listFor(
  { model: ofModel, text, target, list }: GivenInterventions,
  model: string,
  subject: Subject,
): readonly Intervention[] {
  const isSame =
    subject.kind === 'text' && isSameText(subject, text) && targetOf(subject) === target;
  return list.map(one =>
    model !== ofModel || (!isSame && namesTokens(one)) ? switchedOff(one) : one,
  );
}

const switchedOff = (one: Intervention): Intervention => (isOn(one) ? { ...one, on: false } : one);

/** Whether it tells tokens by their numbers in one text. */
const namesTokens = ({ at, only }: Intervention): boolean =>
  at.tokens !== undefined || at.keys !== undefined || only?.positions !== undefined;
