import * as vscode from 'vscode';
import { SECTION } from '../settings';
import type { TextRange } from './trackRange';

/** The command behind the link of a hover. */
export const INSPECT_RANGE = `${SECTION}.inspectRange`;

interface Place extends TextRange {
  readonly uri: string;
}

/** A link that inspects characters `[start, end)` of a document. */
export function inspectLink(document: vscode.TextDocument, range: TextRange): string {
  const place: Place = { uri: document.uri.toString(), start: range.start, end: range.end };
  return `command:${INSPECT_RANGE}?${encodeURIComponent(JSON.stringify([place]))}`;
}

/** What a link names; undefined where anything else called the command. */
export function readPlace(value: unknown): (TextRange & { readonly uri: vscode.Uri }) | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { uri, start, end } = value as Partial<Record<keyof Place, unknown>>;
  if (typeof uri !== 'string' || !isOffset(start) || !isOffset(end)) return undefined;
  return { uri: vscode.Uri.parse(uri), start, end };
}

function isOffset(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}
