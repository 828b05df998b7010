import * as vscode from 'vscode';
import { toErrorReport } from '../../protocol/errors';
import { addressText, readAddress, type ModelAddress } from '../../hub/address';
import type { DownloadProgress } from '../../hub/download';
import type { HubEnvironment } from '../../hub/environment';
import type { DownloadPlan } from '../../hub/plan';
import { planLines, planTitle, questionText } from '../../hub/planText';
import { sizeText } from '../../hub/words';

const TITLE = 'Attention Debugger: download a model from the Hub';

/**
 * Asks which model is meant.
 * @param unfinished names of models whose download was begun, offered first
 */
export async function askName(
  host: string,
  unfinished: readonly string[],
): Promise<ModelAddress | undefined> {
  const known = unfinished.filter(name => faultOf(name, host) === undefined);
  const picked = known.length > 0 ? await pickUnfinished(known) : { name: undefined };
  const text = picked && (picked.name ?? (await askText(host)));
  return text === undefined ? undefined : readAddress(text, host);
}

/** @returns the name of one of them, none where another model is meant; undefined where people left */
async function pickUnfinished(
  names: readonly string[],
): Promise<{ readonly name: string | undefined } | undefined> {
  const items = [
    ...names.map(name => ({ label: `$(debug-continue) Continue ${name}`, name })),
    { label: '$(cloud-download) Another model…', name: undefined },
  ];
  return vscode.window.showQuickPick(items, {
    title: TITLE,
    placeHolder: 'A download was not finished',
  });
}

function askText(host: string): Thenable<string | undefined> {
  return vscode.window.showInputBox({
    title: TITLE,
    prompt: `A name such as org/name, or the address of a model’s page on ${host}. Nothing is sent before you confirm.`,
    placeHolder: 'org/name',
    ignoreFocusOut: true,
    validateInput: text => (text === '' ? undefined : faultOf(text, host)),
  });
}

function faultOf(text: string, host: string): string | undefined {
  try {
    readAddress(text, host);
    return undefined;
  } catch (error) {
    return toErrorReport(error).message;
  }
}

/** Whether the Hub may be asked what a model consists of. */
export function mayAsk(address: ModelAddress, environment: HubEnvironment): Promise<boolean> {
  return confirmed(
    `Ask ${environment.host} about ${address.name}?`,
    questionText(address.name, environment),
    'Ask',
  );
}

/**
 * Whether a plan's files may be fetched.
 * @param present bytes that are here already
 */
export function mayFetch(
  plan: DownloadPlan,
  environment: HubEnvironment,
  present: number,
): Promise<boolean> {
  const lines = [planTitle(plan), ...planLines(plan, environment, present)];
  return confirmed(`Download ${addressText(plan.address)}?`, lines.join('\n'), 'Download');
}

async function confirmed(question: string, detail: string, yes: string): Promise<boolean> {
  const answer = await vscode.window.showInformationMessage(question, { modal: true, detail }, yes);
  return answer === yes;
}

/** Does `work` while a notification says how far it is, which people can end. */
export function withSignal<T>(
  title: string,
  work: (signal: AbortSignal, report: (progress: DownloadProgress) => void) => Promise<T>,
): Thenable<T> {
  const location = vscode.ProgressLocation.Notification;
  return vscode.window.withProgress({ location, title, cancellable: true }, (progress, token) => {
    const stop = new AbortController();
    token.onCancellationRequested(() => stop.abort());
    let shown = 0;
    return work(stop.signal, ({ file, done, total }) => {
      const share = (100 * done) / total;
      const message = `${sizeText(done)} of ${sizeText(total)} (${file})`;
      progress.report({ message, increment: share - shown });
      shown = share;
    });
  });
}
