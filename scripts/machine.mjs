import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root folder of the repository. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** The Node 24 that comes with the development dependencies; code-server and vsce need it. */
export const node24 = path.join(
  root,
  'node_modules/node/bin',
  process.platform === 'win32' ? 'node.exe' : 'node',
);

/** The environment with Node 24 first on the path, so that everything spawned with it runs on that. */
export function node24Environment(extra = {}) {
  const entries = [path.dirname(node24), process.env.PATH ?? ''];
  return { ...process.env, PATH: entries.join(path.delimiter), ...extra };
}

/** Where `command` lies on the path, or undefined. */
export function findCommand(command) {
  const names = process.platform === 'win32' ? [`${command}.cmd`, `${command}.exe`] : [command];
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    for (const name of names) {
      const file = path.join(folder, name);
      if (existsSync(file)) return file;
    }
  }
  return undefined;
}

/** Runs a command to its end; throws with the last lines that it printed when it fails. */
export function run(command, args, options = {}) {
  const { quiet = false, ...rest } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
      shell: process.platform === 'win32' && command.endsWith('.cmd'),
      ...rest,
    });
    let output = '';
    const keep = chunk => (output = (output + chunk).slice(-4000));
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (code === 0) resolve(output);
      else {
        const how = signal ?? `exit code ${code}`;
        reject(new Error(`“${[command, ...args].join(' ')}” failed (${how}).\n${output}`));
      }
    });
  });
}

/** Name of the npm command on this platform. */
export const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

/**
 * Makes sure that `commands` are on the path: installs the Debian `packages` where we may, else
 * throws a sentence that says what to install.
 */
export async function needCommands(commands, packages, purpose) {
  const missing = commands.filter(command => !findCommand(command));
  if (missing.length === 0) return;
  if (process.getuid?.() === 0 && findCommand('apt-get')) {
    console.log(`Installing ${packages.join(', ')} (${purpose})…`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    await run('apt-get', ['update', '-qq'], { quiet: true, env });
    await run('apt-get', ['install', '-y', '-qq', ...packages], { quiet: true, env });
    if (commands.every(command => findCommand(command))) return;
  }
  throw new Error(
    `${purpose} needs ${missing.join(', ')}, which this machine lacks. ` +
      `Install it first; on Debian: apt-get install -y ${packages.join(' ')}`,
  );
}

/** False on a machine without a screen, such as a server or a container. */
export function hasScreen() {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  return process.platform !== 'linux' || Boolean(DISPLAY ?? WAYLAND_DISPLAY);
}

/**
 * Path of a Chromium or Chrome: `CHROME_PATH`, one on the path, or Debian's, installed if we may. The
 * one without a window comes first: it takes a quarter less of the processor.
 */
export async function findChromium() {
  const given = process.env.CHROME_PATH;
  if (given) {
    if (existsSync(given)) return given;
    throw new Error(`CHROME_PATH names “${given}”, which does not exist.`);
  }
  const names = [
    'chromium-headless-shell',
    'chromium',
    'chromium-browser',
    'google-chrome',
    'google-chrome-stable',
  ];
  const mac = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
  const found = () => names.map(findCommand).find(Boolean) ?? (existsSync(mac) ? mac : undefined);
  const present = found();
  if (present) return present;
  const purpose = 'The browser tests (or set CHROME_PATH)';
  await needCommands(['chromium-headless-shell'], ['chromium-headless-shell'], purpose).catch(() =>
    needCommands(['chromium'], ['chromium'], purpose),
  );
  return found();
}
