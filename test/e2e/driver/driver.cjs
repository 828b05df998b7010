const fs = require('node:fs');
const http = require('node:http');
const { performance } = require('node:perf_hooks');
const { clearInterval, clearTimeout, setInterval, setTimeout } = require('node:timers');
const vscode = require('vscode');
const profile = require('./profile.cjs');

/**
 * The first screen comes by itself some time after the start, and over whatever is open by then: all that
 * tests ask for waits for it.
 */
let firstScreen;
function untilWelcomed() {
  const ours = vscode.extensions.getExtension('attention-debugger.attention-debugger');
  firstScreen ??= Promise.resolve(ours?.activate()).then(api => api?.welcomed);
  return firstScreen;
}

/** The document that was opened last. */
let opened;

/** The editor that has the focus, one that is visible where a panel has it, or the last one anew. */
async function editorInUse() {
  const { activeTextEditor, visibleTextEditors } = vscode.window;
  return activeTextEditor ?? visibleTextEditors[0] ?? (await show(opened));
}

/** Selects, and waits until the window says so: what it said of an earlier selection has come by then. */
function selected(editor, wanted) {
  return new Promise(resolve => {
    const done = () => {
      clearTimeout(patience);
      listening.dispose();
      resolve();
    };
    const listening = vscode.window.onDidChangeTextEditorSelection(({ selections }) => {
      if (selections[0]?.isEqual(wanted)) done();
    });
    const patience = setTimeout(done, 10_000);
    editor.selection = wanted;
  });
}

function show(document, column = vscode.ViewColumn.One) {
  opened = document;
  return vscode.window.showTextDocument(document, column);
}

/** What the tests may ask of the extension host, by name. */
const operations = {
  /** Closes all editors, whatever is unsaved, and what stands beside them. */
  putAway: async () => {
    const commands = [
      'workbench.action.closePanel',
      'workbench.action.closeAuxiliaryBar',
      'workbench.view.explorer',
      'workbench.files.action.collapseExplorerFolders',
      'notifications.clearAll',
    ];
    const tabs = () => vscode.window.tabGroups.all.flatMap(group => group.tabs);
    for (let tries = 0; tabs().length > 0; tries++) {
      if (tries === 100) throw new Error(`${tabs().length} editors stay open.`);
      await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    }
    for (const id of commands) await vscode.commands.executeCommand(id);
    await vscode.commands.executeCommand('workbench.action.focusActiveEditorGroup');
  },
  ping: async () =>
    vscode.extensions.getExtension('attention-debugger.attention-debugger')?.isActive,
  open: async ({ path, column }) => {
    const document = await vscode.workspace.openTextDocument(vscode.Uri.file(path));
    await show(document, column);
  },
  openText: async ({ text }) => {
    const document = await vscode.workspace.openTextDocument({ content: text });
    await show(document);
  },
  select: async ({ start, end }) => {
    const editor = await editorInUse();
    const { document } = editor;
    const wanted = new vscode.Selection(document.positionAt(start), document.positionAt(end));
    if (!editor.selection.isEqual(wanted)) await selected(editor, wanted);
    editor.revealRange(wanted);
  },
  insert: async ({ offset, text }) => {
    const editor = await editorInUse();
    await editor.edit(edit => edit.insert(editor.document.positionAt(offset), text));
  },
  undo: async () => {
    const { document, viewColumn } = await editorInUse();
    await vscode.window.showTextDocument(document, viewColumn);
    await vscode.commands.executeCommand('undo');
  },
  hovers: async ({ offset }) => {
    const { document } = await editorInUse();
    const position = document.positionAt(offset);
    const id = 'vscode.executeHoverProvider';
    const hovers = await vscode.commands.executeCommand(id, document.uri, position);
    return hovers.flatMap(hover => hover.contents.map(content => content.value));
  },
  /** A document without a file, as extensions provide them, which nobody can write. */
  openReadOnly: async ({ text }) => {
    const provider = { provideTextDocumentContent: () => text };
    vscode.workspace.registerTextDocumentContentProvider('driver', provider);
    const document = await vscode.workspace.openTextDocument(vscode.Uri.parse('driver:/page'));
    await show(document);
  },
  inspectWithModel: async ({ path }) =>
    void vscode.commands.executeCommand(
      'attentionDebugger.inspectWithModel',
      vscode.Uri.file(path),
    ),
  openCapture: async ({ path }) =>
    void vscode.commands.executeCommand('attentionDebugger.openCapture', vscode.Uri.file(path)),
  openDiff: async ({ left, right }) => {
    const [a, b] = [left, right].map(path => vscode.Uri.file(path));
    await vscode.commands.executeCommand('vscode.diff', a, b, 'Difference');
  },
  openNotebook: async ({ cells }) => {
    const kind = vscode.NotebookCellKind.Code;
    const data = new vscode.NotebookData(
      cells.map(text => new vscode.NotebookCellData(kind, text, 'python')),
    );
    const notebook = await vscode.workspace.openNotebookDocument('jupyter-notebook', data);
    await vscode.window.showNotebookDocument(notebook, { viewColumn: vscode.ViewColumn.One });
  },
  selectedTexts: async () =>
    vscode.window.visibleTextEditors.map(({ document, selection }) => document.getText(selection)),
  diagnostics: async () => {
    const { document } = await editorInUse();
    return vscode.languages
      .getDiagnostics(document.uri)
      .filter(({ source }) => source === 'Attention Debugger')
      .map(({ code, message, range }) => ({
        code,
        message,
        start: document.offsetAt(range.start),
        end: document.offsetAt(range.end),
      }));
  },
  /** Of all files. */
  problems: async () =>
    vscode.languages.getDiagnostics().flatMap(([{ fsPath }, all]) =>
      all
        .filter(({ source }) => source === 'Attention Debugger')
        .map(({ code, message, severity, range: { start, end } }) => ({
          file: fsPath,
          code,
          message,
          severity: vscode.DiagnosticSeverity[severity],
          start: [start.line, start.character],
          end: [end.line, end.character],
        })),
    ),
  /** Does what a quick fix of a problem says; gives the titles of all of them. */
  mend: async ({ path, code, title }) => {
    const { uri } = await vscode.workspace.openTextDocument(vscode.Uri.file(path));
    const problem = vscode.languages.getDiagnostics(uri).find(one => one.code === code);
    const id = 'vscode.executeCodeActionProvider';
    const found = await vscode.commands.executeCommand(id, uri, problem.range);
    const chosen = found.find(one => one.title === title);
    if (!chosen) throw new Error(`${title} is none of ${found.map(one => one.title).join()}.`);
    if (chosen.edit) await vscode.workspace.applyEdit(chosen.edit);
    const { command } = chosen;
    if (command) await vscode.commands.executeCommand(command.command, ...command.arguments);
    return found.map(one => one.title);
  },
  saveAll: async () => vscode.workspace.saveAll(),
  startProfile: async () => profile.start(),
  // A version follows the extension's name; this driver's name goes on.
  stopProfile: async () => profile.stop(/attention-debugger\.attention-debugger-\d/),
  command: async ({ id, args }) => void (await vscode.commands.executeCommand(id, ...(args ?? []))),
  configure: async ({ key, value }) =>
    vscode.workspace.getConfiguration().update(key, value, vscode.ConfigurationTarget.Global),
  configureWorkspace: async ({ key, value }) =>
    vscode.workspace.getConfiguration().update(key, value, vscode.ConfigurationTarget.Workspace),
  setting: async ({ key }) => vscode.workspace.getConfiguration().get(key),
  startTimer: async () => timer.start(),
  stopTimer: async () => timer.stop(),
};

/**
 * A 10 ms timer on the extension host that notes how late each tick is, and for how long the host's
 * own thread computed meanwhile: the rest of a delay is the machine's.
 */
const timer = {
  handle: undefined,
  ticks: [],
  start() {
    this.ticks = [];
    let expected = performance.now() + 10;
    let computed = computingTime();
    this.handle = setInterval(() => {
      const now = performance.now();
      this.ticks.push({ late: now - expected, busy: computingTime() - computed });
      computed = computingTime();
      expected = now + 10;
    }, 10);
  },
  stop() {
    clearInterval(this.handle);
    const sorted = [...this.ticks].sort((a, b) => b.late - a.late);
    const [worst] = sorted;
    const busiest = Math.max(...sorted.map(tick => tick.busy));
    const computed = sorted.reduce((sum, tick) => sum + tick.busy, 0);
    return { ticks: sorted.length, worst, busiest, computed, median: sorted[sorted.length >> 1] };
  },
};

/** Milliseconds that this thread has computed. */
function computingTime() {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

async function answer(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const { operation, parameters } = JSON.parse(Buffer.concat(chunks).toString());
  try {
    if (operation !== 'ping') await untilWelcomed();
    const value = await operations[operation](parameters ?? {});
    response.end(JSON.stringify({ value: value ?? null }));
  } catch (error) {
    response.statusCode = 500;
    response.end(JSON.stringify({ error: String(error.stack ?? error) }));
  }
}

exports.activate = context => {
  const server = http.createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    fs.writeFileSync(process.env.ATTENTION_DEBUGGER_DRIVER, `${port}`);
  });
  context.subscriptions.push({ dispose: () => server.close() });
};
