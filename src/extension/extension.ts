import * as vscode from 'vscode';
import { HOST_COMMANDS } from '../protocol/commands';
import { tokenizerStamp } from './models/tokenizerStamp';
import { IGNORE_FINDING, SHOW_FINDING } from './findings/findingFixes';
import { FirstSteps } from './pages/firstSteps';
import { HubDownloads } from './models/hubDownloads';
import { INSPECT_RANGE, readPlace } from './subject/inspectRange';
import { InspectorClient } from './runs/inspectorClient';
import { PANEL_TYPE } from './pages/inspectorPanel';
import { MASKING_VIEW } from './pages/maskingSideBar';
import { deleteUnpackedWeights } from './pages/unpackedWeights';
import { ModelCatalog } from './models/modelCatalog';
import { ModelsOnDisk } from './models/modelsOnDisk';
import { LastEditor } from './subject/pickText';
import { RecentModels } from './models/recentModels';
import { Session } from './session';
import { SECTION } from './settings';
import { TokenCount } from './editor/statusBar';
import { TokenDiagnostics } from './editor/tokenDiagnostics';
import { TokenHover } from './editor/tokenHover';
import { Tokenizations } from './editor/tokenizations';
import { TokenizerWatch } from './models/tokenizerWatch';
import { WorkspaceModels } from './models/workspaceModels';

/** What other extensions may know of this one. */
export interface ExtensionApi {
  /** Settles once the first screen of a new installation is there, or is known not to come. */
  readonly welcomed: Promise<void>;
}

/** Puts the parts together; nothing runs until people select text or inspect it. */
export function activate(context: vscode.ExtensionContext): ExtensionApi {
  const log = vscode.window.createOutputChannel('Attention Debugger', { log: true });
  const script = vscode.Uri.joinPath(context.extensionUri, 'dist/inspector.cjs').fsPath;
  const storage = context.globalStorageUri.fsPath;
  const client = new InspectorClient({
    script,
    log,
    arguments: [
      storage,
      vscode.Uri.joinPath(context.extensionUri, 'models/treebank/treebank.conllu').fsPath,
    ],
  });
  const workspace = new WorkspaceModels();
  const recent = new RecentModels(context.globalState);
  const disk = new ModelsOnDisk(
    paths => client.call('models', { paths }),
    message => log.warn(message),
  );
  const catalog = new ModelCatalog({ extensionUri: context.extensionUri, workspace, recent, disk });
  const lastEditor = new LastEditor();
  const firstSteps = new FirstSteps(context);
  const downloads = new HubDownloads(context.globalState, log);
  const model = () => catalog.current();
  const watch = new TokenizerWatch(storage, model);
  const tokenizations = new Tokenizations(client, model, path => tokenizerStamp(path, storage));
  const tokenCount = new TokenCount(tokenizations, watch);
  const session = new Session({
    context,
    client,
    catalog,
    lastEditor,
    firstSteps,
    downloads,
    log,
    tokenCount,
    watch,
  });

  const command = (name: string, run: (argument: unknown) => unknown) =>
    vscode.commands.registerCommand(`${SECTION}.${name}`, run);
  /** A command behind an action on a problem, which is given the `findingName`. */
  const finding = (name: string, run: (name: string) => unknown) =>
    vscode.commands.registerCommand(name, (of: unknown) =>
      typeof of === 'string' ? run(of) : undefined,
    );
  context.subscriptions.push(
    log,
    client,
    workspace,
    lastEditor,
    session,
    tokenCount,
    watch,
    new TokenDiagnostics({ client, model, watch }),
    vscode.languages.registerHoverProvider(
      '*',
      new TokenHover(tokenizations, () => firstSteps.tick('sawTokens')),
    ),
    vscode.window.registerWebviewPanelSerializer(PANEL_TYPE, {
      deserializeWebviewPanel: panel => session.restore(panel),
    }),
    vscode.window.registerWebviewViewProvider(MASKING_VIEW, session.maskingView),
    command('showMasking', () => vscode.commands.executeCommand(`${MASKING_VIEW}.focus`)),
    command('openSample', () => session.subjects.inspectSample()),
    command('openWalkthrough', () => firstSteps.openWalkthrough()),
    command('inspectSelection', () => session.subjects.inspectSelection()),
    command('inspectChat', () => session.subjects.inspectChat()),
    command('inspectPair', () => session.subjects.inspectPair()),
    vscode.commands.registerCommand(INSPECT_RANGE, (value: unknown) => {
      const place = readPlace(value);
      return place && session.subjects.inspectRange(place.uri, place.start, place.end);
    }),
    command('inspectWithModel', place =>
      place instanceof vscode.Uri
        ? session.subjects.inspectWithModel(place)
        : session.models.chooseModel(),
    ),
    command('countTokens', () => tokenCount.countNow()),
    command('openCapture', place =>
      session.subjects.openCapture(place instanceof vscode.Uri ? place : undefined),
    ),
    command('openInterventions', place =>
      session.lists.openList(place instanceof vscode.Uri ? place : undefined),
    ),
    command('openExperiment', () => session.lists.openExperiment()),
    command('checkModel', () => session.checkModel()),
    finding(SHOW_FINDING, name => session.showFindings({ name })),
    finding(IGNORE_FINDING, name => session.ignoreFinding(name)),
    command('runAgain', () => session.subjects.runAgain()),
    ...HOST_COMMANDS.map(name => command(name, () => session.inPanel(name))),
    command('chooseModel', () => session.models.chooseModel()),
    command('downloadModel', () => session.models.downloadModel()),
    command('cancel', () => session.cancel()),
    command('deleteUnpackedWeights', () => deleteUnpackedWeights(client)),
    command('showLog', () => log.show()),
  );
  return { welcomed: firstSteps.welcome() };
}
