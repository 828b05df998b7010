import { readFile, stat } from 'node:fs/promises';
import * as vscode from 'vscode';
import type { ModelFinding } from '../../protocol/findings';
import type { InspectedText } from '../subject/inspectedText';
import { placeInJson } from './jsonPlaces';
import { fileOfModel } from './modelFile';

/** Larger files are listed without a line. */
const LARGEST_READ = 64e6;
const NOWHERE = new vscode.Range(0, 0, 0, 0);

/** What a finding is looked for in. */
export interface FindingHome {
  /** Path of the model. */
  readonly model: string;
  /** The text that it was checked with, as long as it reads the same. */
  readonly text: InspectedText | undefined;
}

/** Where a finding stands. */
export interface FindingPlace {
  readonly uri: vscode.Uri;
  readonly range: vscode.Range;
  /** Editors can show it. */
  readonly isText: boolean;
}

/** Where editors show a finding: the characters of the text that it is about, else a file of the model. */
export async function placeOfFinding(
  { range, place, file, fix }: ModelFinding,
  { model, text }: FindingHome,
): Promise<FindingPlace> {
  const { document } = text ?? {};
  if (range && text && document) {
    return { uri: text.uri, range: text.rangeOf(document, range), isText: true };
  }
  const name = fix?.file ?? file ?? 'graph';
  const found = await fileOfModel(model, name, place.stack);
  const isText = found.endsWith(name);
  const line = fix && isText ? await rangeInJson(found, fix.path) : undefined;
  return { uri: vscode.Uri.file(found), range: line ?? NOWHERE, isText };
}

async function rangeInJson(
  file: string,
  path: readonly string[],
): Promise<vscode.Range | undefined> {
  try {
    if ((await stat(file)).size > LARGEST_READ) return undefined;
    const text = await readFile(file, 'utf8');
    const place = placeInJson(text, path);
    if (!place) return undefined;
    return new vscode.Range(positionIn(text, place.start), positionIn(text, place.end));
  } catch {
    return undefined;
  }
}

function positionIn(text: string, offset: number): vscode.Position {
  const before = text.slice(0, offset).split(/\r\n|\r|\n/);
  return new vscode.Position(before.length - 1, before.at(-1)?.length ?? 0);
}
