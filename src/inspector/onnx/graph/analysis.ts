import type { Model } from '../file/types';
import { Constants } from './constants';
import { GraphIndex } from './graphIndex';
import { inputRoles, pictureRoles, type InputRole } from './inputRoles';
import { Labels } from './labels';

/** A model's graph with everything that the search for attention looks things up in. */
export interface Analysis {
  readonly model: Model;
  readonly index: GraphIndex;
  readonly constants: Constants;
  readonly roles: ReadonlyMap<string, InputRole>;
  readonly labels: Labels;
}

/** @param picture input whose pixels are what the model is shown to read, in place of a text */
export function analyse(model: Model, picture?: string): Analysis {
  const index = new GraphIndex(model.graph);
  const constants = new Constants(index);
  const own = inputRoles(index, constants);
  const roles = picture === undefined ? own : pictureRoles(own, picture);
  return { model, index, constants, roles, labels: new Labels(index, constants, roles) };
}
