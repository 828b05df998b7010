import * as vscode from 'vscode';
import type { ModelCatalog } from './modelCatalog';
import { SECTION } from '../settings';

interface Item extends vscode.QuickPickItem {
  /** Gives the reference to store; undefined where people left the dialogue. */
  readonly choose?: () => Promise<string | undefined>;
}

/**
 * Lets people choose the model, stores it in the settings and returns its reference.
 * @param download lets them download one, and gives its path
 */
export async function chooseModel(
  catalog: ModelCatalog,
  download: () => Promise<string | undefined>,
): Promise<string | undefined> {
  const trusted = vscode.workspace.isTrusted;
  const picked = await vscode.window.showQuickPick<Item>(items(catalog, trusted, download), {
    title: 'Attention Debugger: choose the model that reads your text',
    placeHolder: trusted
      ? 'Bundled models, those of the workspace and the settings, or another one on this machine'
      : 'This workspace is not trusted: only the bundled models can be used',
    matchOnDetail: true,
  });
  const reference = await picked?.choose?.();
  if (reference !== undefined) await catalog.choose(reference);
  return reference;
}

async function items(
  catalog: ModelCatalog,
  trusted: boolean,
  download: () => Promise<string | undefined>,
): Promise<Item[]> {
  const { models, current } = await catalog.list();
  const listed = models.flatMap(({ reference, label, detail, group }, index): Item[] => {
    const item: Item = {
      label,
      description: reference === current ? 'current' : '',
      detail,
      choose: () => Promise.resolve(reference),
    };
    return models[index - 1]?.group === group ? [item] : [separator(group), item];
  });
  if (!trusted) return listed;
  return [
    ...listed,
    separator('On this machine'),
    { label: '$(folder-opened) Choose a model folder…', choose: () => browse('folder') },
    { label: '$(file) Choose an .onnx or .safetensors file…', choose: () => browse('file') },
    separator('Elsewhere'),
    { label: '$(cloud-download) Download a model from the Hub…', choose: download },
  ];
}

function separator(label: string): Item {
  return { label, kind: vscode.QuickPickItemKind.Separator };
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
    ...(kind === 'file' ? { filters: { Models: ['onnx', 'safetensors'] } } : {}),
  });
  return chosen?.[0]?.fsPath;
}
