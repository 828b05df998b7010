import * as vscode from 'vscode';

/** First part of every setting, command and context key of this extension. */
export const SECTION = 'attentionDebugger';

/** The extension's settings as they apply to a document. */
export interface Settings {
  readonly model: string;
  readonly models: readonly string[];
  readonly maximumTokens: number;
  readonly hoverEnabled: boolean;
}

/** Reads the settings; values of a wrong type fall back to the defaults, numbers to the nearest allowed. */
export function readSettings(scope?: vscode.Uri): Settings {
  const configuration = vscode.workspace.getConfiguration(SECTION, scope);
  const model = configuration.get<unknown>('model');
  const models = configuration.get<unknown>('models');
  const maximumTokens = configuration.get<unknown>('maximumTokens');
  return {
    model: typeof model === 'string' && model.trim() !== '' ? model.trim() : 'encoder',
    models: Array.isArray(models) ? models.filter(entry => typeof entry === 'string') : [],
    maximumTokens:
      typeof maximumTokens === 'number'
        ? Math.round(Math.min(4096, Math.max(8, maximumTokens)))
        : 512,
    hoverEnabled: configuration.get<unknown>('hover.enabled') !== false,
  };
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
