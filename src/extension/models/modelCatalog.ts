import * as vscode from 'vscode';
import { InspectorError } from '../../protocol/errors';
import type { ModelChoice } from '../../protocol/panel';
import {
  bundledModels,
  findModel,
  listModels,
  modelAt,
  type FoundModel,
  type ModelPlaces,
} from './modelPaths';
import type { RecentModels } from './recentModels';
import { readSettings, storeModel } from '../settings';
import type { WorkspaceModels } from './workspaceModels';

/** Why a model is offered. */
export type ModelGroup = 'Bundled' | 'Workspace' | 'Settings' | 'Recent';

/** A model that is offered. */
export interface ListedModel extends ModelChoice {
  readonly group: ModelGroup;
}

/** Where models come from. */
export interface ModelSources {
  readonly extensionUri: vscode.Uri;
  readonly workspace: WorkspaceModels;
  readonly recent: RecentModels;
}

/** The models that people can choose, and the one that is chosen. */
export class ModelCatalog {
  constructor(private readonly sources: ModelSources) {}

  /** The model of the setting. @throws InspectorError where the setting names none. */
  current(): Promise<FoundModel> {
    return findModel(readSettings().model, this.places());
  }

  /** All models on offer by group, each once: bundled, in the workspace, of the settings, recent. */
  async list(): Promise<{ models: ListedModel[]; current: string }> {
    const places = this.places();
    const { recent, workspace } = this.sources;
    const current = await this.current().catch(() => undefined);
    const find = (reference: string) => findModel(reference, places).catch(() => undefined);
    const groups: Record<ModelGroup, readonly (FoundModel | undefined)[]> = {
      Bundled: bundledModels(places),
      Workspace: await workspace.find(),
      Settings: [
        ...(await Promise.all(readSettings().models.map(each => listModels(each, places)))).flat(),
        current,
      ],
      Recent: await Promise.all(recent.references.map(find)),
    };
    const models = new Map<string, ListedModel>();
    for (const group of ['Bundled', 'Workspace', 'Settings', 'Recent'] as const) {
      for (const model of groups[group]) {
        if (!model || models.has(model.path)) continue;
        const { reference, label, detail } = model;
        models.set(model.path, { reference, label, detail, group });
      }
    }
    return { models: [...models.values()], current: current?.reference ?? '' };
  }

  /** The same for the panel. */
  async choices(): Promise<{ choices: ModelChoice[]; current: string }> {
    const { models, current } = await this.list();
    const choices = models.map(({ reference, label, detail }) => ({ reference, label, detail }));
    return { choices, current };
  }

  /** An offered model by its reference. @throws InspectorError where none has it. */
  async find(reference: string): Promise<FoundModel> {
    const { models } = await this.list();
    if (!models.some(model => model.reference === reference)) {
      throw new InspectorError('model-unknown', `“${reference}” is none of the offered models.`);
    }
    return findModel(reference, this.places());
  }

  /** Stores a model as the one to use, in the settings and among the recent ones. */
  async choose(reference: string): Promise<void> {
    await storeModel(reference);
    const isBundled = bundledModels(this.places()).some(model => model.reference === reference);
    if (!isBundled) await this.sources.recent.add(reference);
  }

  /** Stores the model of a folder or file. @throws InspectorError where it holds none. */
  async choosePlace(place: string): Promise<void> {
    if (!vscode.workspace.isTrusted) {
      throw new InspectorError(
        'model-unknown',
        'This workspace is not trusted, so only the bundled models can be used. Trust it to use its own.',
      );
    }
    const model = await modelAt(place);
    if (!model) {
      throw new InspectorError(
        'model-missing',
        `There is no model in ${place}. Choose a folder that holds an .onnx file, a folder “onnx”, or model.safetensors with its config.json.`,
      );
    }
    await this.choose(model.reference);
  }

  private places(): ModelPlaces {
    const folders = vscode.workspace.workspaceFolders ?? [];
    return {
      bundled: vscode.Uri.joinPath(this.sources.extensionUri, 'models').fsPath,
      bases: folders
        .filter(folder => folder.uri.scheme === 'file')
        .map(folder => folder.uri.fsPath),
      trusted: vscode.workspace.isTrusted,
    };
  }
}
