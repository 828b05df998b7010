import * as vscode from 'vscode';
import path from 'node:path';
import { isGgufName, isModelFileName, ModelFile } from '../../protocol/modelFiles';
import { modelAt, modelHome, withVariants, type FoundModel } from './modelPaths';

const MODELS = '**/{*.onnx,*.gguf,model*.safetensors,pytorch_model*.bin,adapter_config.json}';
const DESCRIPTIONS =
  '**/{*.onnx,*.gguf,model*.safetensors,pytorch_model*.bin,adapter_config.json,config.json,tokenizer.json}';
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
  const found = await vscode.workspace.findFiles(MODELS, EXCLUDED, MOST_FILES);
  const local = found.filter(file => file.scheme === 'file').map(file => file.fsPath);
  const files = local.filter(file => isModelFileName(path.basename(file)));
  const homes = await Promise.all(files.map(homeOf));
  const folders = [...new Set(homes)].filter(home => home !== undefined).sort();
  const models = await Promise.all(
    folders.map(async folder => {
      const hasPacked = files.some(file => isGgufName(file) && path.dirname(file) === folder);
      return hasPacked || (await modelAt(folder)) ? withVariants(folder) : [];
    }),
  );
  return models.flat();
}

/** GGUF files and adapters need no description of the model beside them. */
async function homeOf(file: string): Promise<string | undefined> {
  if (path.basename(file) === ModelFile.adapter) return path.dirname(file);
  const home = await modelHome(file);
  return home ?? (isGgufName(file) ? path.dirname(file) : undefined);
}
