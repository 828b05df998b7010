import type { Weights } from '../weights/weights';
import type { Config } from './config';
import type { Architecture } from './graph/spec';

/**
 * Describes a model of one or several values of `model_type` by its configuration and by what is
 * stored; no weights are read.
 * @throws InspectorError `model-unsupported` for what it does not know how to compute
 */
export type Family = (config: Config, weights: Weights) => Architecture;
