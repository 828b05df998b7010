import * as vscode from 'vscode';
import type { ModelCatalog } from './modelCatalog';
import { SECTION, storeModel } from './settings';

interface Item extends vscode.QuickPickItem {
  /** Gives the reference to store; undefined where people left the dialogue. */
  readonly choose?: () => Promise<string | undefined>;
}

/** Lets people choose the model, stores it in the settings and returns its reference. */
export async function chooseModel(catalog: ModelCatalog): Promise<string | undefined> {
  const { choices, current } = await catalog.choices();
  const items: Item[] = choices.map(choice => ({
    label: choice.label,
    description: choice.reference === current ? 'current' : '',
    detail: choice.detail,
    choose: () => Promise.resolve(choice.reference),
  }));
  if (vscode.workspace.isTrusted) {
    items.push(
      { label: 'On this machine', kind: vscode.QuickPickItemKind.Separator },
      { label: '$(folder-opened) Choose a model folder…', choose: () => browse('folder') },
      { label: '$(file) Choose an .onnx file…', choose: () => browse('file') },
    );
  }
  const picked = await vscode.window.showQuickPick(items, {
    title: 'Attention Debugger: choose the model that reads your text',
    placeHolder: vscode.workspace.isTrusted
      ? 'Bundled models, those of the settings, or another one on this machine'
      : 'This workspace is not trusted: only the bundled models can be used',
    matchOnDetail: true,
  });
  const reference = await picked?.choose?.();
  if (reference !== undefined) await storeModel(reference);
  return reference;
}

/** Opens the extension's settings. */
export async function openSettings(): Promise<void> {
  await vscode.commands.executeCommand('workbench.action.openSettings', `${SECTION}.model`);
}

async function browse(kind: 'folder' | 'file'): Promise<string | undefined> {
  const chosen = await vscode.window.showOpenDialog({
    canSelectFolders: kind === 'folder',
    canSelectFiles: kind === 'file',
    openLabel: 'Use This Model',
    ...(kind === 'file' ? { filters: { 'ONNX models': ['onnx'] } } : {}),
  });
  return chosen?.[0]?.fsPath;
}
