import * as vscode from 'vscode';
import { toErrorReport } from '../../protocol/errors';
import { chooseModel } from '../models/chooseModel';
import { askTokenizer, rememberTokenizer } from '../models/chosenTokenizers';
import type { HubDownloads } from '../models/hubDownloads';
import type { ModelCatalog } from '../models/modelCatalog';
import type { Inspection } from '../runs/inspection';

/** What choosing needs of the session. */
export interface ModelContext {
  readonly inspection: Pick<Inspection, 'runModel'>;
  readonly catalog: ModelCatalog;
  readonly downloads: HubDownloads;
  /** Folder of the extension for what it keeps. */
  readonly storage: string;
}

/** What a text is inspected with: asks for a model or a tokenizer, and runs the present text with it. */
export class ModelChoice {
  constructor(private readonly context: ModelContext) {}

  /** Lets people choose a model and runs the present text with it. */
  async chooseModel(): Promise<void> {
    const { catalog, downloads, inspection } = this.context;
    const reference = await chooseModel(catalog, () => downloads.ask());
    if (reference !== undefined) await inspection.runModel();
  }

  /** Lets people download a model, makes it the one to use and runs the present text with it. */
  async downloadModel(): Promise<void> {
    const { catalog, downloads, inspection } = this.context;
    const place = await downloads.ask();
    if (place === undefined) return;
    try {
      await catalog.choosePlace(place);
    } catch (error) {
      void vscode.window.showErrorMessage(toErrorReport(error).message);
      return;
    }
    await inspection.runModel();
  }

  /** Lets people choose a tokenizer file for the present model and runs the present text with it. */
  async chooseTokenizer(): Promise<void> {
    const { path } = await this.context.catalog.current();
    const tokenizer = await askTokenizer(path);
    if (tokenizer === undefined) return;
    await rememberTokenizer(this.context.storage, path, tokenizer);
    await this.context.inspection.runModel();
  }
}
