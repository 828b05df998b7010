import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { clearInterval, setInterval, setTimeout } from 'node:timers';
import { needCommands, node24, node24Environment, npm, run } from './machine.mjs';

const VERSION = '4.139.1';
/**
 * Native modules that VS Code uses here: logs and output channels, the end of orphaned extension
 * hosts, terminals, watched files. The longest to compile is none of them: `@vscode/sqlite3` keeps
 * the sessions of AI agents, which `quietSettings` switches off.
 */
const NATIVE_MODULES = ['@vscode/spdlog', '@vscode/native-watchdog', 'node-pty', '@parcel/watcher'];

/** Folder of the user where every clone finds the same installation. */
function cacheFolder() {
  const base = process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache');
  return path.join(base, 'attention-debugger');
}

/** Where node-gyp finds Node's headers without a download, if they are on this machine. */
function headersFolder() {
  if (process.env.npm_config_nodedir) return process.env.npm_config_nodedir;
  const candidates = [path.resolve(path.dirname(process.execPath), '..'), '/usr/local', '/usr'];
  return candidates.find(folder => existsSync(path.join(folder, 'include/node/node_api.h')));
}

/** Says what is being done, how long it has taken every half minute, and when it is done. */
async function tell(log, what, work) {
  const start = Date.now();
  const elapsed = () => {
    const seconds = Math.round((Date.now() - start) / 1000);
    return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  };
  log(`${what}…`);
  const timer = setInterval(() => log(`  at it for ${elapsed()}…`), 30_000);
  try {
    await work;
  } finally {
    clearInterval(timer);
  }
  log(`  done in ${elapsed()}`);
}

async function installInto(folder, log) {
  await writeFile(path.join(folder, 'package.json'), '{"private":true}\n');
  const environment = node24Environment({ npm_config_update_notifier: 'false' });
  const install = { quiet: true, env: environment };
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await tell(
    log,
    `1 of 3: code-server ${VERSION}`,
    run(npm, ['install', ...flags, `code-server@${VERSION}`], { ...install, cwd: folder }),
  );
  const vscode = path.join(folder, 'node_modules/code-server/lib/vscode');
  await tell(
    log,
    '2 of 3: VS Code and its parts',
    run(npm, ['install', '--omit=dev', ...flags], { ...install, cwd: vscode }),
  );
  const headers = headersFolder();
  const env = { ...environment, ...(headers ? { npm_config_nodedir: headers } : {}) };
  await tell(
    log,
    '3 of 3: compiling its native modules',
    run(npm, ['rebuild', ...NATIVE_MODULES], { ...install, cwd: vscode, env }),
  );
}

/**
 * Path of code-server's entry script; installs it into the user's cache folder the first time.
 * The installation is made beside its place and moved there when complete.
 */
export async function ensureCodeServer(log = console.log) {
  const cache = cacheFolder();
  const place = path.join(cache, `code-server-${VERSION}-${process.platform}-${process.arch}`);
  const entry = path.join(place, 'node_modules/code-server/out/node/entry.js');
  if (existsSync(entry)) return entry;
  await needCommands(
    ['make', 'g++', 'python3'],
    ['build-essential', 'python3'],
    'Building code-server’s native modules',
  );
  await mkdir(cache, { recursive: true });
  log(
    `Setting up VS Code in the browser, once for all clones, in ${cache}: 200 MB to download, ` +
      '620 MB on disk, 1 to 2 minutes on a quiet machine, up to 10 on a busy one.',
  );
  const temporary = await mkdtemp(path.join(cache, 'installing-'));
  try {
    await installInto(temporary, log);
    await rename(temporary, place).catch(error => {
      if (!existsSync(entry)) throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return entry;
}

/** Settings that keep VS Code's own welcome, chat and side bars out of the picture. */
const quietSettings = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.disableAIFeatures': true,
  'telemetry.telemetryLevel': 'off',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'update.mode': 'none',
};

async function seedSettings(userData, settings) {
  const file = path.join(userData, 'User/settings.json');
  if (existsSync(file)) return;
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify({ ...quietSettings, ...settings }, null, 2)}\n`);
}

/** Installs a VSIX into `extensions`. */
export async function installExtension(entry, { userData, extensions, vsix }) {
  const args = [entry, '--user-data-dir', userData, '--extensions-dir', extensions];
  await run(node24, [...args, '--install-extension', vsix, '--force'], { quiet: true });
}

/**
 * Starts code-server on a free port with its own folders; resolves when it listens. The settings
 * apply where the profile has none. `builtIn` is a folder with extensions of VS Code's own, all of them
 * if nothing is said. Every folder is trusted unless `trust` is false: then VS Code asks.
 * @returns its address by `localhost`, its process, and `stop`, which ends it with all its children
 */
export async function startCodeServer(
  entry,
  { userData, extensions, settings = {}, env = {}, trust = true, builtIn },
) {
  await mkdir(extensions, { recursive: true });
  await seedSettings(userData, { 'security.workspace.trust.enabled': !trust, ...settings });
  const flags = {
    '--auth': 'none',
    '--bind-addr': '127.0.0.1:0',
    '--user-data-dir': userData,
    '--extensions-dir': extensions,
    '--config': path.join(userData, 'code-server.yaml'),
  };
  const switches = ['--disable-telemetry', '--disable-update-check'];
  if (trust) switches.push('--disable-workspace-trust');
  if (builtIn) switches.push('--vscode-option', `builtin-extensions-dir=${builtIn}`);
  const child = spawn(node24, [entry, ...Object.entries(flags).flat(), ...switches], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: node24Environment({ ...env, VSCODE_IPC_HOOK_CLI: '' }),
    detached: process.platform !== 'win32',
  });
  let output = '';
  const url = await new Promise((resolve, reject) => {
    const read = chunk => {
      output = (output + chunk).slice(-20_000);
      const match = /listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(output);
      if (match) resolve(`http://localhost:${match[1]}/`);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', reject);
    child.once('exit', code =>
      reject(new Error(`code-server ended (exit code ${code}).\n${output}`)),
    );
  });
  const stop = () => stopTree(child);
  return { url, child, stop, output: () => output };
}

/** Ends a detached child and everything that it started. */
function stopTree(child) {
  return new Promise(resolve => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    const target = process.platform === 'win32' ? child.pid : -child.pid;
    try {
      process.kill(target, 'SIGTERM');
    } catch {
      resolve();
    }
    const kill = () => {
      try {
        process.kill(target, 'SIGKILL');
      } catch {
        // Gone already.
      }
    };
    setTimeout(kill, 3000).unref();
  });
}
