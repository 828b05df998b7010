import * as vscode from 'vscode';
import { modelAt, modelHome, withVariants, type FoundModel } from './modelPaths';

const MODELS = '**/{*.onnx,model.safetensors,model.safetensors.index.json}';
const DESCRIPTIONS =
  '**/{*.onnx,model.safetensors,model.safetensors.index.json,config.json,tokenizer.json}';
const EXCLUDED = '**/{node_modules,.git,.venv,venv,site-packages,__pycache__}/**';
/** Files that are looked at; a workspace with more offers those that were found first. */
const MOST_FILES = 200;

/** The models that lie in the workspace; looked for when they are asked for, not before. */
export class WorkspaceModels implements vscode.Disposable {
  private found: Promise<FoundModel[]> | undefined;
  private readonly watcher = vscode.workspace.createFileSystemWatcher(
    DESCRIPTIONS,
    false,
    true,
    false,
  );
  private readonly subscriptions: readonly { dispose(): void }[] = [
    this.watcher,
    this.watcher.onDidCreate(() => this.forget()),
    this.watcher.onDidDelete(() => this.forget()),
    vscode.workspace.onDidChangeWorkspaceFolders(() => this.forget()),
    vscode.workspace.onDidGrantWorkspaceTrust(() => this.forget()),
  ];

  /** Model folders, each followed by its other precisions; none while the workspace is not trusted. */
  find(): Promise<FoundModel[]> {
    if (!vscode.workspace.isTrusted) return Promise.resolve([]);
    this.found ??= search();
    return this.found;
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private forget(): void {
    this.found = undefined;
  }
}

async function search(): Promise<FoundModel[]> {
  const files = await vscode.workspace.findFiles(MODELS, EXCLUDED, MOST_FILES);
  const local = files.filter(file => file.scheme === 'file').map(file => file.fsPath);
  const homes = await Promise.all(local.map(modelHome));
  const folders = [...new Set(homes)].filter(home => home !== undefined).sort();
  const models = await Promise.all(folders.map(modelAt));
  const places = folders.filter((_, i) => models[i] !== undefined);
  return (await Promise.all(places.map(withVariants))).flat();
}
