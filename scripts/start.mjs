import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { ensureCodeServer, installExtension, startCodeServer } from './codeServer.mjs';
import { findCommand, hasScreen, node24, root, run } from './machine.mjs';
import { packageExtension } from './package.mjs';

const samples = path.join(root, 'samples');
const HINT = 'Select some text, then choose “Inspect Attention” in its context menu.';

/** Opens VS Code of the desktop with the extension as it stands in this folder; false where it refuses. */
async function startDesktop(code) {
  await run(node24, ['esbuild.mjs']);
  console.log('Opening VS Code on samples/…');
  const flags = [`--extensionDevelopmentPath=${root}`, '--new-window', samples];
  try {
    await run(code, flags, { quiet: true });
  } catch (error) {
    console.log(error.message);
    return false;
  }
  console.log(HINT);
  return true;
}

/** Opens VS Code in the browser with the packaged extension installed. */
async function startInBrowser() {
  console.log('No desktop VS Code here: it opens in the browser instead.');
  const entry = await ensureCodeServer();
  console.log('Packaging the extension…');
  const vsix = await packageExtension();
  const profile = path.join(os.homedir(), '.cache/attention-debugger/profile');
  const folders = {
    userData: path.join(profile, 'data'),
    extensions: path.join(profile, 'extensions'),
  };
  await mkdir(folders.extensions, { recursive: true });
  await installExtension(entry, { ...folders, vsix });
  const server = await startCodeServer(entry, folders);
  const url = `${server.url}?folder=${encodeURIComponent(samples)}`;
  console.log(`\nVS Code is open on samples/ at\n\n  ${url}\n`);
  console.log(HINT);
  console.log('Ctrl+C stops it.');
  openBrowser(url);
  const stop = async () => {
    await server.stop();
    process.exit(0);
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  server.child.once('exit', code => process.exit(code ?? 0));
}

/** Opens the address in the desktop's browser where there is a desktop. */
function openBrowser(url) {
  const opener = { darwin: 'open', win32: 'explorer', linux: 'xdg-open' }[process.platform];
  if (!opener || !hasScreen()) return;
  spawn(opener, [url], { stdio: 'ignore', detached: true })
    .on('error', () => console.log('The browser could not be opened: use the address above.'))
    .unref();
}

if (!existsSync(node24)) {
  console.error('The packages are not installed yet: run “npm ci” first.');
  process.exit(1);
}
try {
  const code = hasScreen() ? findCommand('code') : undefined;
  if (!code || !(await startDesktop(code))) await startInBrowser();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
