import * as vscode from 'vscode';
import { InspectorError } from '../protocol/errors';
import type { ModelChoice } from '../protocol/panel';
import {
  bundledModels,
  findModel,
  listModels,
  type FoundModel,
  type ModelPlaces,
} from './modelPaths';
import { readSettings } from './settings';

/** The models that people can choose, and the one that is chosen. */
export class ModelCatalog {
  constructor(private readonly extensionUri: vscode.Uri) {}

  /** The model of the setting. @throws InspectorError where the setting names none. */
  current(): Promise<FoundModel> {
    return findModel(readSettings().model, this.places());
  }

  /** Bundled models, those of the settings, and the current one. */
  async choices(): Promise<{ choices: ModelChoice[]; current: string }> {
    const places = this.places();
    const { models } = readSettings();
    const current = await this.current().catch(() => undefined);
    const listed = await Promise.all(models.map(folder => listModels(folder, places)));
    const all = [...bundledModels(places), ...listed.flat(), ...(current ? [current] : [])];
    const byReference = new Map(all.map(model => [model.reference, model]));
    const choices = [...byReference.values()].map(({ reference, label, detail }) => ({
      reference,
      label,
      detail,
    }));
    return { choices, current: current?.reference ?? '' };
  }

  /** An offered model by its reference. @throws InspectorError where none has it. */
  async find(reference: string): Promise<FoundModel> {
    const { choices } = await this.choices();
    if (!choices.some(choice => choice.reference === reference)) {
      throw new InspectorError('model-unknown', `“${reference}” is none of the offered models.`);
    }
    return findModel(reference, this.places());
  }

  private places(): ModelPlaces {
    const folders = vscode.workspace.workspaceFolders ?? [];
    return {
      bundled: vscode.Uri.joinPath(this.extensionUri, 'models').fsPath,
      bases: folders
        .filter(folder => folder.uri.scheme === 'file')
        .map(folder => folder.uri.fsPath),
      trusted: vscode.workspace.isTrusted,
    };
  }
}
