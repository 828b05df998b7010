import { InspectorError } from '../../protocol/errors';
import { shortened } from '../files/shortened';
import type { Configuration } from '../source/configuration';

/** Fields that change nothing of what is computed once the tensors are there, whatever they hold. */
const SILENT: ReadonlySet<string> = new Set([
  'auto_mapping',
  'base_model_name_or_path',
  'bias',
  'exclude_modules',
  'fan_in_fan_out',
  'inference_mode',
  'layers_pattern',
  'layers_to_transform',
  'lora_dropout',
  'megatron_core',
  'modules_to_save',
  'peft_type',
  'peft_version',
  'qalora_group_size',
  'r',
  'rank_pattern',
  'revision',
  'target_modules',
  'task_type',
]);
/** What LoRA's factors are scaled by. */
const SCALING: ReadonlySet<string> = new Set(['lora_alpha', 'alpha_pattern', 'use_rslora']);
/** Ways of beginning that leave the model's own weights as they are. */
const BEGINNINGS: readonly unknown[] = [true, false, 'gaussian', 'orthogonal'];

/**
 * Refuses an adapter that is more than low-rank factors: what it asks for must have been read.
 * @throws InspectorError `model-unsupported` with the field's name
 */
export function checkAdapter(fields: Configuration): void {
  const { peft_type: type, init_lora_weights: beginning = true } = fields;
  if (type !== 'LORA') {
    throw new InspectorError(
      'model-unsupported',
      `The adapter is of the type ${named(type)}, and those of the type LORA are opened: merge it into the model, and open the result.`,
    );
  }
  if (!BEGINNINGS.includes(beginning)) throw notPlain('init_lora_weights', beginning);
  for (const [name, value] of Object.entries(fields)) {
    if (SILENT.has(name) || SCALING.has(name) || name === 'init_lora_weights') continue;
    if (!isNeutral(value)) throw notPlain(name, value);
  }
}

/**
 * The factor on B · A: alpha / rank, or alpha / √rank of rank-stabilised LoRA (Kalajdzievski 2023).
 * @param module its name in the model
 */
export function scaleOf(fields: Configuration, module: string, rank: number): number {
  const { lora_alpha: general, alpha_pattern: patterns, use_rslora: isStabilised } = fields;
  const alpha = alphaOf(patterns, module) ?? general;
  if (typeof alpha !== 'number' || rank < 1) throw notPlain('lora_alpha', alpha);
  return alpha / (isStabilised === true ? Math.sqrt(rank) : rank);
}

/** PEFT reads the keys as expressions; those that are plain names are understood. */
function alphaOf(patterns: unknown, module: string): number | undefined {
  if (typeof patterns !== 'object' || patterns === null) return undefined;
  for (const [key, alpha] of Object.entries(patterns)) {
    if (!/^[\w.-]+$/.test(key) || typeof alpha !== 'number') throw notPlain('alpha_pattern', key);
    if (module === key || module.endsWith(`.${key}`)) return alpha;
  }
  return undefined;
}

function isNeutral(value: unknown): boolean {
  if (value === null || value === false || value === undefined) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function notPlain(name: string, value: unknown): InspectorError {
  return new InspectorError(
    'model-unsupported',
    `“${shortened(name)}” of adapter_config.json is ${named(value)}, and adapters are opened that are plain LoRA: merge it into the model (merge_and_unload), and open the result.`,
  );
}

function named(value: unknown): string {
  return value === undefined ? 'missing' : shortened(JSON.stringify(value));
}
