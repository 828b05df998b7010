import { basename } from 'node:path';
import type * as vscode from 'vscode';
import { InspectorError } from '../../protocol/errors';
import type { ModelChoice } from '../../protocol/panel';
import { chooseCaptureFile } from './saveFiles';

const KEY = 'comparedCapture';
/** Tells references of capture files from those of models. */
const PREFIX = 'capture:';

/** The capture file that people compare with; kept for the workspace. */
export class ComparedCapture {
  constructor(private readonly memory: vscode.Memento) {}

  /** The file as a choice beside the models; none before one was chosen. */
  get choices(): readonly ModelChoice[] {
    const path = this.memory.get<string>(KEY);
    if (path === undefined) return [];
    return [{ reference: PREFIX + path, label: basename(path), detail: `Capture file ${path}` }];
  }

  /**
   * Lets people choose a file; null where they left the dialogue.
   * @throws InspectorError `capture-broken` where it lies on another machine
   */
  async choose(): Promise<ModelChoice | null> {
    const file = await chooseCaptureFile();
    if (!file) return null;
    if (file.scheme !== 'file') {
      throw new InspectorError(
        'capture-broken',
        'A capture file must lie on the disk of the machine that runs the models. Copy it there first.',
      );
    }
    await this.memory.update(KEY, file.fsPath);
    return this.choices[0] ?? null;
  }

  /** The file of a reference; undefined where that stands for a model, or for a file of another time. */
  find(reference: string): { readonly path: string; readonly isCapture: true } | undefined {
    const isKnown = this.choices.some(one => one.reference === reference);
    return isKnown ? { path: reference.slice(PREFIX.length), isCapture: true } : undefined;
  }
}
