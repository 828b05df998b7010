import * as vscode from 'vscode';
import { InspectorError, toErrorReport } from '../../protocol/errors';
import { addressText, type ModelAddress } from '../../hub/address';
import type { DownloadProgress } from '../../hub/download';
import { hubEnvironment, type HubEnvironment } from '../../hub/environment';
import type { DownloadPlan } from '../../hub/plan';
import { askName, mayAsk, mayFetch, withSignal } from './hubDialogs';
import { UnfinishedDownloads } from './unfinishedDownloads';

/** Loaded when it is needed: most windows never download. */
const library = () => Promise.all([import('../../hub/plan'), import('../../hub/download')]);

const CONTINUE = 'Continue';
const DISCARD = 'Delete the Unfinished File';
/** Milliseconds between two reports of progress. */
const PAUSE = 250;

/** Downloads models from the Hub, and asks people before anything is sent and before weights are fetched. */
export class HubDownloads {
  private readonly unfinished: UnfinishedDownloads;

  /** @param memory what all windows remember */
  constructor(
    memory: vscode.Memento,
    private readonly log: Pick<vscode.LogOutputChannel, 'error' | 'info'>,
  ) {
    this.unfinished = new UnfinishedDownloads(memory);
  }

  /** @returns the path of a model that was downloaded; undefined where people left, or it failed */
  async ask(): Promise<string | undefined> {
    if (!vscode.workspace.isTrusted) {
      void vscode.window.showErrorMessage(
        'This workspace is not trusted, so nothing is downloaded. Trust it to download a model.',
      );
      return undefined;
    }
    try {
      const environment = await hubEnvironment();
      const address = await askName(environment.host, this.unfinished.names);
      if (!address || !(await mayAsk(address, environment))) return undefined;
      const plan = await this.plan(address, environment);
      return plan && (await this.fetch(plan, environment));
    } catch (error) {
      void this.tell(error);
      return undefined;
    }
  }

  /** What would be fetched, once people have agreed to it. */
  private async plan(
    address: ModelAddress,
    environment: HubEnvironment,
  ): Promise<DownloadPlan | undefined> {
    const [{ planDownload }, { presentBytes }] = await library();
    const title = `Asking ${environment.host} about ${address.name}`;
    const plan = await withSignal(title, signal => planDownload(address, { environment, signal }));
    const present = await presentBytes(plan, environment.cache);
    const isAgreed = present === plan.bytes || (await mayFetch(plan, environment, present));
    return isAgreed ? plan : undefined;
  }

  /** Fetches a plan's files; where that ends early, people choose whether it goes on. */
  private async fetch(
    plan: DownloadPlan,
    environment: HubEnvironment,
  ): Promise<string | undefined> {
    const [, { download, discardPartial }] = await library();
    const name = addressText(plan.address);
    const title = `Downloading ${name} (to cancel keeps what was fetched)`;
    await this.unfinished.add(name);
    for (;;) {
      try {
        const path = await withSignal(title, (signal, report) =>
          download(plan, { environment, signal, progress: eachPause(report) }),
        );
        await this.unfinished.remove(name);
        this.log.info(`Downloaded ${name}, commit ${plan.commit}.`);
        void vscode.window.showInformationMessage(
          `Downloaded ${name}: it is the model that reads your text now.`,
        );
        return path;
      } catch (error) {
        const chosen = await this.tell(error, CONTINUE, DISCARD);
        if (chosen === CONTINUE) continue;
        if (chosen === DISCARD) {
          await discardPartial(plan, environment.cache);
          await this.unfinished.remove(name);
        }
        return undefined;
      }
    }
  }

  /** Says what went wrong, or that it was people who ended it. @returns what they chose to do */
  private tell(error: unknown, ...choices: readonly string[]): Thenable<string | undefined> {
    const { code, message, detail } = toErrorReport(error);
    if (error instanceof InspectorError && code === 'cancelled') {
      return vscode.window.showInformationMessage(message, ...choices);
    }
    this.log.error([message, detail].filter(Boolean).join('\n'));
    return vscode.window.showErrorMessage(message, ...choices);
  }
}

/** Reports progress now and then: it comes with every piece. */
function eachPause(report: (progress: DownloadProgress) => void) {
  let last = 0;
  return (progress: DownloadProgress): void => {
    const now = Date.now();
    if (now - last < PAUSE) return;
    last = now;
    report(progress);
  };
}
