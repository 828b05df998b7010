import { unpackingPort } from '../../protocol/packedTokens';
import { Caller, onEvents, type Port } from '../../protocol/rpc';
import type { PanelApi, PanelEvents } from '../../protocol/panel';

/** The extension host as the panel sees it: calls, events, and what survives a reload. */
export interface Host<Saved> {
  readonly api: Caller<PanelApi>;
  listen(listeners: { [N in keyof PanelEvents]: (value: PanelEvents[N]) => void }): void;
  restore(): Saved | undefined;
  save(state: Saved): void;
}

/** Connects to the extension host; VS Code allows this once in a document's life. */
export function connectHost<Saved>(): Host<Saved> {
  const vscode = acquireVsCodeApi<Saved>();
  const port = unpackingPort({
    post: message => vscode.postMessage(message),
    listen: listener => {
      const receive = (event: MessageEvent): void => listener(event.data);
      window.addEventListener('message', receive);
      return () => window.removeEventListener('message', receive);
    },
  } satisfies Port);
  return {
    api: new Caller<PanelApi>(port),
    listen: listeners => void onEvents<PanelEvents>(port, listeners),
    restore: () => vscode.getState(),
    save: state => void vscode.setState(state),
  };
}
