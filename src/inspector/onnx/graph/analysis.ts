import type { Model } from '../file/types';
import { Constants } from './constants';
import { GraphIndex } from './graphIndex';
import { inputRoles, type InputRole } from './inputRoles';
import { Labels } from './labels';

/** A model's graph with everything that the search for attention looks things up in. */
export interface Analysis {
  readonly model: Model;
  readonly index: GraphIndex;
  readonly constants: Constants;
  readonly roles: ReadonlyMap<string, InputRole>;
  readonly labels: Labels;
}

export function analyse(model: Model): Analysis {
  const index = new GraphIndex(model.graph);
  const constants = new Constants(index);
  const roles = inputRoles(index, constants);
  return { model, index, constants, roles, labels: new Labels(index, constants, roles) };
}
