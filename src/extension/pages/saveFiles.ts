import os from 'node:os';
import * as vscode from 'vscode';
import type { CaptureSummary } from '../../protocol/capture';
import { InspectorError } from '../../protocol/errors';
import type { FigureFile } from '../../protocol/panel';
import { fileName } from './fileNames';
import type { InspectorClient } from '../runs/inspectorClient';

const KINDS: Record<FigureFile['format'], string> = {
  svg: 'SVG pictures',
  png: 'PNG pictures',
  csv: 'CSV tables',
  json: 'JSON',
};

/** First bytes of every PNG file. */
const PNG = [0x89, 0x50, 0x4e, 0x47];

/** Asks where to, and writes a figure that the panel drew; what fails is said in a message. */
export async function saveFigure({ name, format, data }: FigureFile): Promise<void> {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
  if ((format === 'png') !== PNG.every((byte, i) => bytes[i] === byte)) {
    throw new InspectorError('internal', `The panel sent no ${format} file.`);
  }
  await saying(async () => {
    const place = await askPlace(fileName([name], format), { [KINDS[format]]: [format] });
    if (!place) return;
    await vscode.workspace.fs.writeFile(place, bytes);
    void offerToOpen(place);
  });
}

/** Asks where to, and lets the inspector write a capture; what fails is said in a message. */
export async function saveCapture(
  capture: CaptureSummary,
  client: Pick<InspectorClient, 'call'>,
): Promise<void> {
  await saying(async () => {
    const name = fileName([capture.model.name, capture.text], 'safetensors');
    const place = await askPlace(name, { 'Capture files': ['safetensors'] });
    if (!place) return;
    if (place.scheme !== 'file') {
      throw new InspectorError(
        'inputs-wrong',
        'A capture can be saved only to a folder of the machine that runs the model. Choose a place on its disk.',
      );
    }
    await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: 'Saving the capture' },
      () => client.call('saveCapture', { capture: capture.id, path: place.fsPath }),
    );
    void vscode.window.showInformationMessage(`Saved ${shortName(place)}.`);
  });
}

/** Lets people choose a capture file; undefined where they left the dialogue. */
export async function chooseCaptureFile(): Promise<vscode.Uri | undefined> {
  const chosen = await vscode.window.showOpenDialog({
    title: 'Attention Debugger: open a capture file',
    openLabel: 'Open Capture',
    filters: { 'Capture files': ['safetensors'] },
  });
  return chosen?.[0];
}

/** Asks where a file is to be saved: in `folder`, or in the workspace where none is named. */
export async function askPlace(
  name: string,
  filters: Record<string, string[]>,
  folder = vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file(os.homedir()),
): Promise<vscode.Uri | undefined> {
  return vscode.window.showSaveDialog({ defaultUri: vscode.Uri.joinPath(folder, name), filters });
}

/** Says in a message why a file was not saved. */
export async function saying(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    void vscode.window.showErrorMessage(`The file was not saved. ${message}`);
  }
}

async function offerToOpen(place: vscode.Uri): Promise<void> {
  const open = 'Open';
  const answer = await vscode.window.showInformationMessage(`Saved ${shortName(place)}.`, open);
  if (answer === open) await vscode.commands.executeCommand('vscode.open', place);
}

const shortName = (place: vscode.Uri): string => place.path.split('/').at(-1) ?? place.path;
