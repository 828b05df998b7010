import * as vscode from 'vscode';

/** First part of every setting, command and context key of this extension. */
export const SECTION = 'attentionDebugger';

/** The extension's settings as they apply to a document. */
export interface Settings {
  readonly model: string;
  readonly models: readonly string[];
  readonly maximumTokens: number;
  /** Bytes that the maps of a run may take. */
  readonly memoryBudget: number;
  readonly hover: HoverMode;
  /** Tokens of the inspected text are marked in the editor. */
  readonly boundaries: boolean;
  /** Findings of the tokenizer are listed as problems. */
  readonly diagnostics: boolean;
  /** Models are checked unasked where that does not take long. */
  readonly checkModels: 'automatic' | 'manual';
  /** Letters, digits and signs act by themselves while the panel has the focus. */
  readonly singleKeys: boolean;
}

/** Longest run that can be asked for: maps of this size can still be looked at. */
export const MOST_TOKENS = 32_768;

/** Where hovering shows how text is split. */
export type HoverMode = 'selection' | 'anywhere' | 'off';

/** Reads the settings; values of a wrong type fall back to the defaults, numbers to the nearest allowed. */
export function readSettings(scope?: vscode.Uri): Settings {
  const configuration = vscode.workspace.getConfiguration(SECTION, scope);
  const model = configuration.get<unknown>('model');
  const models = configuration.get<unknown>('models');
  const hover = configuration.get<unknown>('hover');
  return {
    model: typeof model === 'string' && model.trim() !== '' ? model.trim() : 'encoder',
    models: Array.isArray(models) ? models.filter(entry => typeof entry === 'string') : [],
    maximumTokens: Math.round(within(configuration.get('maximumTokens'), 8, MOST_TOKENS, 512)),
    memoryBudget: Math.round(within(configuration.get('memoryBudget'), 0.1, 64, 2) * 1e9),
    hover: hover === 'anywhere' || hover === 'off' ? hover : 'selection',
    boundaries: configuration.get<unknown>('boundaries') !== false,
    diagnostics: configuration.get<unknown>('diagnostics') === true,
    checkModels: configuration.get<unknown>('checkModels') === 'manual' ? 'manual' : 'automatic',
    singleKeys: configuration.get<unknown>('singleKeys') !== false,
  };
}

function within(value: unknown, least: number, most: number, otherwise: number): number {
  if (typeof value !== 'number' || Number.isNaN(value)) return otherwise;
  return Math.min(most, Math.max(least, value));
}

/** Stores the chosen model where it is set already: in the workspace's settings, else in the user's. */
export async function storeModel(reference: string): Promise<void> {
  const configuration = vscode.workspace.getConfiguration(SECTION);
  const inWorkspace = configuration.inspect('model')?.workspaceValue !== undefined;
  const target = inWorkspace
    ? vscode.ConfigurationTarget.Workspace
    : vscode.ConfigurationTarget.Global;
  await configuration.update('model', reference, target);
}
