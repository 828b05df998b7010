import * as vscode from 'vscode';
import { factsOf, outlookOf, PLACE_NAMES, type DiskModel } from '../../protocol/diskModels';
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
import type { ModelsOnDisk } from './modelsOnDisk';
import type { RecentModels } from './recentModels';
import { readSettings, storeModel } from '../settings';
import type { WorkspaceModels } from './workspaceModels';

/** Why a model is offered: those that were asked for first, then those that programs fetched. */
const GROUPS = ['Bundled', 'Workspace', 'Settings', 'Recent', ...Object.values(PLACE_NAMES)];

/** A model that is offered. */
export interface ListedModel extends ModelChoice {
  /** One of `GROUPS`. */
  readonly group: string;
  /** Why it will not open, as far as that is known. */
  readonly refused?: string;
}

/** The models that are offered, and the reference of the one that is chosen. */
interface ModelList {
  readonly models: readonly ListedModel[];
  readonly current: string;
}

/** Where models come from. */
export interface ModelSources {
  readonly extensionUri: vscode.Uri;
  readonly workspace: WorkspaceModels;
  readonly recent: RecentModels;
  readonly disk: ModelsOnDisk;
}

/** The models that people can choose, and the one that is chosen. */
export class ModelCatalog {
  constructor(private readonly sources: ModelSources) {}

  /** The model of the setting. @throws InspectorError where the setting names none. */
  async current(): Promise<FoundModel> {
    return this.named(await findModel(readSettings().model, this.places()));
  }

  /**
   * The models that people asked for, each once: bundled, in the workspace, of the settings, recent.
   * Only the names of their files are looked at.
   */
  async listOwn(): Promise<ModelList> {
    const { models, current } = await this.own();
    return { models: [...models.values()], current };
  }

  /**
   * All models on offer by group, each once: those that people asked for, then those that programs left
   * on the disk, with what is known of them. An untrusted workspace has the bundled ones alone.
   */
  async list(): Promise<ModelList> {
    const { models, current } = await this.own();
    if (!this.places().trusted) return this.listOwn();
    const asked = [...models].filter(([, { group }]) => group !== 'Bundled');
    for (const found of await this.sources.disk.list(asked.map(([place]) => place))) {
      const own = models.get(found.path);
      if (own) models.set(found.path, { ...own, ...wordsOf(found, `${own.detail}: `) });
      else if (found.place !== 'given') {
        const group = PLACE_NAMES[found.place];
        const { path: reference, name: label } = found;
        models.set(found.path, { reference, label, group, ...wordsOf(found) });
      }
    }
    const all = [...models.values()];
    const inOrder = GROUPS.flatMap(group => all.filter(model => model.group === group));
    return { models: inOrder, current };
  }

  /** The same for the panel, without those that will not open. */
  async choices(which: 'own' | 'all'): Promise<{ choices: ModelChoice[]; current: string }> {
    const { models, current } = await (which === 'own' ? this.listOwn() : this.list());
    const choices = models
      .filter(({ reference, refused }) => refused === undefined || reference === current)
      .map(({ reference, label, detail }) => ({ reference, label, detail }));
    return { choices, current };
  }

  /** An offered model by its reference. @throws InspectorError where none has it. */
  async find(reference: string): Promise<FoundModel> {
    const isIn = ({ models }: ModelList) => models.some(model => model.reference === reference);
    if (!isIn(await this.listOwn()) && !isIn(await this.list())) {
      throw new InspectorError('model-unknown', `“${reference}” is none of the offered models.`);
    }
    return this.named(await findModel(reference, this.places()));
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
        `There is no model in ${place}. Choose a folder that holds an .onnx file, a folder “onnx”, a .gguf file, or weights with their config.json.`,
      );
    }
    await this.choose(model.reference);
  }

  /** What people asked for, by place. */
  private async own() {
    const places = this.places();
    const { recent, workspace } = this.sources;
    const current = await this.current().catch(() => undefined);
    const find = (reference: string) => findModel(reference, places).catch(() => undefined);
    const groups: readonly (readonly [string, readonly (FoundModel | undefined)[]])[] = [
      ['Bundled', bundledModels(places)],
      ['Workspace', await workspace.find()],
      [
        'Settings',
        [
          ...(
            await Promise.all(readSettings().models.map(each => listModels(each, places)))
          ).flat(),
          current,
        ],
      ],
      ['Recent', await Promise.all(recent.references.map(find))],
    ];
    const models = new Map<string, ListedModel>();
    for (const [group, found] of groups) {
      for (const each of found) {
        if (!each || models.has(each.path)) continue;
        const { reference, label, detail } = this.named(each);
        models.set(each.path, { reference, label, detail, group });
      }
    }
    return { models, current: current?.reference ?? '' };
  }

  /** A model by the name that its program gave it, where its file has another. */
  private named(model: FoundModel): FoundModel {
    const known = this.sources.disk.at(model.path);
    return known?.place === 'ollama' ? { ...model, label: known.name } : model;
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

/** What is said of a model below its name. */
function wordsOf(model: DiskModel, before = ''): Pick<ListedModel, 'detail' | 'refused'> {
  const detail = `${before}${factsOf(model)}; ${outlookOf(model)}`;
  return { detail, ...(model.refused === undefined ? {} : { refused: model.refused }) };
}
