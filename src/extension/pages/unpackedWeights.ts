import * as vscode from 'vscode';
import type { InspectorClient } from '../runs/inspectorClient';

/** Removes what was unpacked of GGUF files, and says how much that was. */
export async function deleteUnpackedWeights(client: InspectorClient): Promise<void> {
  try {
    const { bytes } = await client.call('deleteUnpackedWeights', {});
    const size = bytes < 1e6 ? `${bytes} bytes` : `${(bytes / 1e6).toFixed(0)} MB`;
    void vscode.window.showInformationMessage(
      bytes === 0
        ? 'There are no unpacked weights of GGUF files.'
        : `${size} of unpacked weights were deleted. A model is unpacked again when it is opened.`,
    );
  } catch (error) {
    void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
  }
}
